/**
 * What the optical flow costs: CPU milliseconds a pair of grey pictures, in WebAssembly and in JavaScript, and with the
 * histograms that follow. `bench/peer/flow_reference.py` has OpenCV's flow of such pictures.
 *
 * Run: node bench/flow-alone.mjs
 */
import { createFlowEstimator } from "../dist/src/features/motion/lucas-kanade.js";
import { createMotionExtractor } from "../dist/src/features/motion/motion-extractor.js";
import { motionFrames } from "../dist/src/features/motion/motion-view.js";
import { describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";

const { width, height } = motionFrames;
const size = width * height;
const pairs = 300;

/** Waves that move and turn. */
const pictures = Array.from({ length: 8 }, (_, time) =>
  Uint8Array.from({ length: size }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 128 + 60 * Math.sin(0.3 * (x - time)) + 50 * Math.sin(0.4 * y + 0.1 * (x + 2 * time));
  }),
);
const picture = (/** @type {number} */ i) => pictures[i % pictures.length] ?? new Uint8Array(size);

/** @param {(i: number) => void} work */
function cost(work) {
  for (let i = 0; i < pairs; i++) work(i);
  const before = process.cpuUsage();
  for (let i = 0; i < pairs; i++) work(pairs + i);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1000 / pairs).toFixed(3);
}

/** @param {"webassembly" | "javascript"} engine */
function flowCost(engine) {
  const estimator = createFlowEstimator(width, height, engine);
  return cost((i) => void estimator.next(picture(i)));
}

const extractor = createMotionExtractor();
const rows = [
  ["flow, WebAssembly", flowCost("webassembly")],
  ["flow, JavaScript", flowCost("javascript")],
  [
    "flow, WebAssembly, and histograms",
    cost((i) => void extractor.push(picture(i), Float64Array.of(i / motionFrames.rate), 1)),
  ],
];
process.stdout.write(`${describeMachine()}; ${width} x ${height} pixels\n\n`);
process.stdout.write(markdownTable(["work", "CPU ms a pair"], rows));
