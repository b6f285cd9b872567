import type { Graph } from "../onnx/graph.js";
import { float32, int64 } from "../onnx/tensor.js";
import type { Preprocessing } from "./preprocessing.js";

/**
 * A network ready to run: takes `frames`, uint8 [n, inputSize, inputSize, 3] RGB, gives `features`, float32
 * [n, dimension]. Preprocessing, the cut at the layer and the mean over height and width are inside.
 */
export interface PreparedNetwork {
  /** ONNX model file. */
  readonly graph: Uint8Array;
  readonly dimension: number;
  readonly inputSize: number;
  /** Frames it takes at once, where not any number will do. */
  readonly framesAtOnce?: number;
}

/**
 * Adds the input `frames` and the preprocessing to a graph.
 *
 * @returns the value [n, 3, height, width] that the network begins with
 */
export function addPreprocessing(
  graph: Graph,
  { channels, scale, mean, deviation }: Omit<Preprocessing, "layout" | "inputSize">,
): string {
  const frames = graph.input("frames", "uint8", ["n", "height", "width", 3]);
  const planes = graph.node("Transpose", [frames], { perm: { ints: [0, 3, 1, 2] } });
  const pixels = graph.node("Cast", [planes], { to: { i: 1 } });
  const ordered =
    channels === "rgb"
      ? pixels
      : graph.node("Gather", [pixels, graph.constant(int64([2, 1, 0]))], { axis: { i: 1 } });
  const factors = deviation.map((value) => scale / value);
  const offsets = mean.map((value, i) => -value / deviation[i]!);
  const scaled = graph.node("Mul", [ordered, graph.constant(perChannel(factors))]);
  return graph.node("Add", [scaled, graph.constant(perChannel(offsets))]);
}

/** A number a channel, to be broadcast over [n, 3, height, width]. */
function perChannel(values: readonly number[]): ReturnType<typeof float32> {
  const same = values.every((value) => value === values[0]);
  return same ? float32([values[0]!], []) : float32(values, [3, 1, 1]);
}
