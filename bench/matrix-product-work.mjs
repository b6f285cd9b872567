/**
 * The fastest that onnxruntime multiplies large matrices, which bounds every network: MatMul of two square ones.
 * One JSON line: { gflops }, of the fastest of the repeats. Run: node bench/matrix-product-work.mjs THREADS
 */
import { createGraph, encodeModel } from "../dist/src/onnx/graph.js";
import { openOnnxSession } from "../dist/src/onnx/session.js";
import { float32 } from "../dist/src/onnx/tensor.js";

const side = 2048;
const repeats = 10;

const [threads = "1"] = process.argv.slice(2);
const graph = createGraph("product");
const a = graph.input("a", "float32", [side, side]);
const b = graph.input("b", "float32", [side, side]);
graph.output(graph.node("MatMul", [a, b]), "float32", [side, side], "product");
const session = await openOnnxSession(encodeModel(graph), { threads: Number(threads) });
const values = Float32Array.from({ length: side * side }, (_, i) => Math.sin(i));
const feeds = { a: float32(values, [side, side]), b: float32(values, [side, side]) };
let fastest = Number.POSITIVE_INFINITY;
for (let i = 0; i < repeats; i++) {
  const began = performance.now();
  await session.run(feeds);
  fastest = Math.min(fastest, performance.now() - began);
}
await session.close();
process.stdout.write(`${JSON.stringify({ gflops: (2 * side ** 3) / fastest / 1e6 })}\n`);
