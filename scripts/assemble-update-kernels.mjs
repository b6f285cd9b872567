// Assembles src/sequence/optimisers/update-kernels.wat to update-kernels-wasm.ts: `npm run kernels`.
import { readFile, writeFile } from "node:fs/promises";
import wabt from "wabt";

const folder = new URL("../src/sequence/optimisers/", import.meta.url);
const source = await readFile(new URL("update-kernels.wat", folder), "utf8");
const { parseWat } = await wabt();
const module = parseWat("update-kernels.wat", source, { simd: true });
module.validate();
const { buffer } = module.toBinary({});
module.destroy();
const lines = Buffer.from(buffer)
  .toString("base64")
  .match(/.{1,88}/g);
await writeFile(
  new URL("update-kernels-wasm.ts", folder),
  `/** update-kernels.wat, assembled by \`npm run kernels\`; not edited by hand. */
export const updateKernelsBase64 = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
);
