/**
 * Lower bound: decodes clips to sampled frames of 224 x 224 pixels, in two processes, and throws the frames away.
 * Run: node bench/decode-alone.mjs LIST.txt count=16 (or fps=2); one path a line.
 */
import { readFile } from "node:fs/promises";
import { createDecoder } from "../dist/src/frames/open-decoder.js";
import { inProcesses } from "./in-processes.mjs";

const processes = 2;
const side = 224;

const [list = "", plan = "count=16"] = process.argv.slice(2);
const paths = (await readFile(list, "utf8")).split("\n").filter((line) => line !== "");
const [way, number] = plan.split("=");
const output = /** @type {const} */ ({
  plan: way === "fps" ? { fps: Number(number) } : { count: Number(number) },
  width: side,
  height: side,
  pixelFormat: "rgb24",
  fit: "stretch",
});

await inProcesses(
  Array.from({ length: processes }, (_, part) => part),
  async (part) => {
    let frames = 0;
    for (const path of paths.filter((_, index) => index % processes === part)) {
      for await (const { n } of createDecoder().decode(path, [output])) frames += n;
    }
    if (frames === 0 && paths.length >= processes) throw new Error("No frame was decoded.");
  },
);
