import { existsSync } from "node:fs";
import { copyFile, link, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { measureProgram } from "./measured-command.mjs";
import { say } from "./videos.mjs";

/** Clips a class that batches are made of: 28 in all. */
const clipsPerClass = 2;

/**
 * A small model of motions and the clips it was trained on, made at first use. How good it is does not matter here.
 *
 * @param {string} workDirectory
 */
export async function makeModelAndClips(workDirectory) {
  const clips = join(workDirectory, "few-motions");
  const model = join(workDirectory, "few-motions-model");
  const cache = join(workDirectory, "few-motions-cache");
  if (!existsSync(join(clips, "manifest.csv"))) {
    say(`Rendering clips into ${clips} ...`);
    const size = ["--clips", String(clipsPerClass)];
    await measureProgram(["datasets", "make", "motions", "--out", clips, ...size], cache);
  }
  if (!existsSync(join(model, "model.json"))) {
    say(`Training ${model} ...`);
    const small = ["--hidden", "16", "--epochs", "2", "--count", "8"];
    await measureProgram(["train", clips, "--out", model, ...small], cache);
  }
  return { clips, model };
}

/**
 * Many inputs out of a few clips: links to them, and, evenly spread, copies that play the same but are videos of their
 * own by content, and files that are no videos.
 *
 * @param {readonly string[]} clips
 * @param {string} directory an empty one
 * @param {{ count: number, distinct: number, broken: number }} size how many in all, and of the two kinds
 * @returns {Promise<string[]>} paths, in the order of a batch
 */
export async function makeInputs(clips, directory, { count, distinct, broken }) {
  /** @type {string[]} */
  const paths = [];
  let folder = "";
  for (let i = 0; i < count; i++) {
    if (i % 1000 === 0) {
      folder = join(directory, String(i).padStart(6, "0"));
      await mkdir(folder, { recursive: true });
    }
    const path = join(folder, `${String(i).padStart(6, "0")}.mp4`);
    const clip = clips[i % clips.length] ?? "";
    if (isOneOf(i, distinct, count)) await writeFile(path, await withFreeBox(clip, i));
    else if (isOneOf(i + 1, broken, count)) await writeFile(path, `no video, number ${i}`);
    // Links are cheap, but a file takes only so many.
    else if (Math.floor(i / clips.length) % 1000 === 999) await copyFile(clip, path);
    else await link(clip, path);
    paths.push(path);
  }
  return paths;
}

/** Whether the i-th of `count` is one of `chosen` that are spread evenly. @param {number} i @param {number} chosen @param {number} count */
function isOneOf(i, chosen, count) {
  return Math.floor(((i + 1) * chosen) / count) > Math.floor((i * chosen) / count);
}

/** A clip with a box behind it that players pass over. @param {string} clip @param {number} number */
async function withFreeBox(clip, number) {
  const box = Buffer.alloc(16);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4, "latin1");
  box.writeDoubleBE(number, 8);
  return Buffer.concat([await readFile(clip), box]);
}
