// Assembles each .wat of the sources to a TypeScript file beside it that holds its bytes: `npm run kernels`.
import { readFile, writeFile } from "node:fs/promises";
import wabt from "wabt";

const modules = [
  { source: "src/sequence/optimisers/update-kernels", name: "updateKernelsBase64" },
  { source: "src/features/motion/flow-kernels", name: "flowKernelsBase64" },
  { source: "src/features/motion/cuboid-kernels", name: "cuboidKernelsBase64" },
];

const { parseWat } = await wabt();
for (const { source, name } of modules) {
  const path = new URL(`../${source}.wat`, import.meta.url);
  const file = source.split("/").at(-1);
  const module = parseWat(`${file}.wat`, await readFile(path, "utf8"), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = Buffer.from(buffer)
    .toString("base64")
    .match(/.{1,88}/g);
  await writeFile(
    new URL(`../${source}-wasm.ts`, import.meta.url),
    `/** ${file}.wat, assembled by \`npm run kernels\`; not edited by hand. */
export const ${name} = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
  );
}
