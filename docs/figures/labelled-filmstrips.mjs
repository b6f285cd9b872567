/**
 * Draws docs/filmstrips.jpg from what `muybridge demo` wrote: test clips of two reversed pairs, each with the label
 * it was given. Run: npm run demo && npm run figures
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { filmstrip } from "../../dist/src/pipeline/filmstrip.js";

const labels = process.argv[2] ?? "muybridge-demo/labels.jsonl";
const target = fileURLToPath(new URL("../filmstrips.jpg", import.meta.url));
const shown = ["sit-down", "stand-up", "pick-up", "put-down"];
const frames = 8;
const stripHeight = 72;
const textHeight = 24;

const results = (await readFile(labels, "utf8"))
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const rows = shown.map((action) =>
  results
    .filter(({ path, label }) => label && path.includes(`/${action}/`))
    .find(({ label }, index) => label === action && index > 0),
);
const strips = await Promise.all(rows.map(({ path }) => filmstrip(path, frames)));
const { width } = await sharp(strips[0]).metadata();
const pitch = stripHeight + textHeight + 8;
const overlays = rows.flatMap(({ path, label, confidence }, index) => {
  const text = `${label}  ${(100 * confidence).toFixed(1)} %   ${path.split("/").at(-1)}`;
  const svg = `<svg width="${width}" height="${textHeight}"><text x="2" y="17" font-family="sans-serif" font-size="14" fill="#222">${text}</text></svg>`;
  return [
    { input: strips[index], left: 0, top: index * pitch },
    { input: Buffer.from(svg), left: 0, top: index * pitch + stripHeight },
  ];
});
await sharp({ create: { width, height: rows.length * pitch, channels: 3, background: "#fff" } })
  .composite(overlays)
  .jpeg({ quality: 82 })
  .toFile(target);
