/**
 * Time of `muybridge label MODEL VIDEO` to its first line, for a video that the cache knows: the whole process,
 * several runs. Prints Markdown. The model is a small one, trained at first use.
 *
 * Run: node bench/start-up.mjs [--runs N]
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVideoFiles } from "../dist/src/frames/video-files.js";
import { defaultWorkDirectory, describeMachine, median } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand, measureProgram } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "15" },
    work: { type: "string", default: defaultWorkDirectory },
  },
});
await mkdir(options.work, { recursive: true });
const clips = join(options.work, "few-motions");
const model = join(options.work, "small-model");
const cache = join(options.work, "cache");
if (!existsSync(join(clips, "manifest.csv"))) {
  say(`Rendering clips into ${clips} ...`);
  await measureProgram(["datasets", "make", "motions", "--out", clips, "--clips", "3"], cache);
}
// Trained anew by another version of the program, which may not read the old one; else answered from the cache.
say(`Training ${model} ...`);
const training = ["--epochs", "2", "--hidden", "16", "--quiet"];
await measureProgram(["train", join(clips, "manifest.csv"), "--out", model, ...training], cache);

const [video = ""] = await listVideoFiles(clips);
const label = () => measureProgram(["label", model, video], cache);
const first = await label();
const contenders = [
  { name: "muybridge label, cached video", run: label },
  { name: "muybridge --version", run: () => measureProgram(["--version"], cache) },
  { name: "node alone", run: () => measureCommand(process.execPath, ["-e", "console.log(1)"]) },
];
/** @type {import("./measured-command.mjs").Measurement[][]} */
const runs = [];
for (let run = 0; run < Number(options.runs); run++) {
  const measured = [];
  for (const contender of contenders) measured.push(await contender.run());
  runs.push(measured);
}
if (!JSON.parse(runs.at(-1)?.[0]?.stdout ?? "{}").cached?.predictions) {
  throw new Error(`The cache did not know ${video}: ${first.stdout}`);
}

process.stdout.write(`${describeMachine()}\n\n`);
const rows = contenders.map(({ name }, index) => {
  const own = runs.map(
    (run) => /** @type {import("./measured-command.mjs").Measurement} */ (run[index]),
  );
  const line = own.map(({ firstLine }) => firstLine);
  return [
    name,
    median(line).toFixed(2),
    Math.min(...line).toFixed(2),
    median(own.map(({ wall }) => wall)).toFixed(2),
    median(own.map(({ cpu }) => cpu)).toFixed(2),
    `${(100 * median(own.map(({ others }) => others))).toFixed(0)} %`,
  ];
});
const head = ["", "first line s", "fastest s", "whole process s", "CPU s", "other work"];
process.stdout.write(markdownTable(head, rows));
