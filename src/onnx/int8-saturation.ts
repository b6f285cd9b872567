import { createGraph, encodeModel } from "./graph.js";
import { openOnnxSession } from "./session.js";
import { float32, uint8 } from "./tensor.js";

let known: Promise<boolean> | undefined;

/**
 * Whether onnxruntime's fast int8 kernels lose large sums on this processor. On x86 without VNNI they add pairs
 * of products in 16 bits, which 2 · 255 · 127 does not fit; sessions then have to be opened with `exactInt8`.
 * Found out by such a sum, once a process.
 */
export function int8Saturates(): Promise<boolean> {
  known ??= process.arch === "x64" ? saturates() : Promise.resolve(false);
  return known;
}

/** Channels of the convolution that is tried; what onnxruntime's kernels for int8 convolutions take at least. */
const channels = 16;

/** What the convolution gives, in steps, where no sum is lost. */
const expected = 200;

async function saturates(): Promise<boolean> {
  const [level, weight] = [255, 127];
  const graph = createGraph("int8 sum");
  const x = graph.input("x", "uint8", [1, channels, 1, 1]);
  const unit = graph.constant(float32([1], []));
  const none = graph.constant(uint8(Uint8Array.of(0), []));
  const kernel = new Int8Array(channels * channels).fill(weight);
  const y = graph.node("QLinearConv", [
    x,
    unit,
    none,
    graph.constant({ type: "int8", dims: [channels, channels, 1, 1], data: kernel }),
    unit,
    graph.constant({ type: "int8", dims: [], data: Int8Array.of(0) }),
    graph.constant(float32([(channels * level * weight) / expected], [])),
    none,
  ]);
  graph.output(y, "uint8", [1, channels, 1, 1], "y");
  await using session = await openOnnxSession(encodeModel(graph));
  const levels = uint8(new Uint8Array(channels).fill(level), [1, channels, 1, 1]);
  const { data } = (await session.run({ x: levels })).y!;
  return Array.from(data as Uint8Array).some((value) => Math.abs(value - expected) > 1);
}
