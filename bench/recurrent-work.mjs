/**
 * One case of the sequence engine in a process of its own, by the public API alone. One JSON line of measurements.
 * Run: node bench/recurrent-work.mjs CASE; CASE is JSON, see recurrent-case.mjs.
 */
import { createNetwork } from "../dist/src/sequence/network.js";
import { sequencesOf } from "./recurrent-case.mjs";

/** @import { RecurrentCase, RecurrentMeasurement } from "./recurrent-case.mjs" */

/** Runs before the measured ones: sessions are opened, memory is taken. */
const warmUp = 2;

const [given = "{}"] = process.argv.slice(2);
/** @type {RecurrentCase} */
const item = JSON.parse(given);
const { x, y } = sequencesOf(item);
const network = createNetwork({
  cell: "lstm",
  bidirectional: true,
  inputSize: item.inputSize,
  hidden: item.hidden,
  head: { type: "classification", classes: item.classes },
  threads: item.threads,
});
/** @type {RecurrentMeasurement} */
const measured = { wall: [], cpu: [], peak: 0 };
let wallBefore = performance.now();
let cpuBefore = process.cpuUsage();
let done = 0;
const note = () => {
  const { user, system } = process.cpuUsage(cpuBefore);
  const wall = performance.now() - wallBefore;
  done += 1;
  if (done > warmUp) {
    measured.wall.push(wall / 1e3);
    measured.cpu.push((user + system) / 1e6);
  }
  wallBefore = performance.now();
  cpuBefore = process.cpuUsage();
};
const repeats = warmUp + item.repeats;
if (item.work === "train") {
  // The whole batch is the data: an epoch is one step.
  const options = { batchSize: item.batch, learningRate: 1e-3, clipNorm: 2, onEpoch: note };
  await network.fit({ x, y }, { ...options, epochs: repeats });
} else {
  for (let i = 0; i < repeats; i++) {
    await network.predict(x);
    note();
  }
}
await network.close();
measured.peak = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(`${JSON.stringify(measured)}\n`);
