/** Draws docs/motions.png: one row an action, eight frames over one clip. Run: npm run figures */
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { motionClasses } from "../../dist/datasets/motions/actions.js";
import { frameHeight, frameWidth } from "../../dist/datasets/motions/camera.js";
import { planMotions } from "../../dist/datasets/motions/clip-plan.js";
import { renderFrames } from "../../dist/datasets/motions/render-clip.js";

const columns = 8;
const tileWidth = 168;
const tileHeight = 126;
const labelWidth = 120;
const gap = 3;
/** Which of each class's clips is shown: well-lit ones, picked by eye; all others with a number as first argument. */
const chosen = { "get-up": 9, run: 9, walk: 9 };
const clipOf = (label) => Number(process.argv[2] ?? chosen[label] ?? 4);
const target = process.argv[3] ?? fileURLToPath(new URL("../motions.png", import.meta.url));

const plans = planMotions();
const width = labelWidth + columns * (tileWidth + gap);
const height = motionClasses.length * (tileHeight + gap);
const tiles = [];
for (const [row, label] of motionClasses.entries()) {
  const ofClass = plans.filter((plan) => plan.label === label);
  const plan = ofClass[(clipOf(label) + 7 * row) % ofClass.length];
  const frames = [...renderFrames(plan)].length;
  const wanted = Array.from({ length: columns }, (_, i) =>
    Math.floor(((i + 0.5) * frames) / columns),
  );
  let index = 0;
  for (const frame of renderFrames(plan)) {
    const column = wanted.indexOf(index++);
    if (column < 0) continue;
    const raw = { width: frameWidth, height: frameHeight, channels: 3 };
    const input = await sharp(Buffer.from(frame), { raw })
      .resize(tileWidth, tileHeight)
      .png()
      .toBuffer();
    tiles.push({
      input,
      left: labelWidth + column * (tileWidth + gap),
      top: row * (tileHeight + gap),
    });
  }
  const text = `<svg width="${labelWidth}" height="${tileHeight}"><text x="8" y="${tileHeight / 2}" font-family="sans-serif" font-size="15" fill="#222">${label}</text></svg>`;
  tiles.push({ input: Buffer.from(text), left: 0, top: row * (tileHeight + gap) });
}
await sharp({ create: { width, height, channels: 3, background: "#fff" } })
  .composite(tiles)
  .png({ palette: true, quality: 80, effort: 9 })
  .toFile(target);
