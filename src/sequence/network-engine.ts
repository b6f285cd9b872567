import { MuybridgeError } from "../core/errors.js";
import type { OnnxTensor } from "../onnx/tensor.js";
import type { NetworkShape } from "./network-shape.js";
import { checkLayers } from "./tfjs/recurrent-layers.js";
import type { GraphPurpose } from "./training-graph.js";

/** Engines that compute a network's training. */
export const networkEngines = ["onnx", "tfjs"] as const;

/** One of {@link networkEngines}: graphs of our own on onnxruntime, or TensorFlow.js's layers. */
export type NetworkEngineName = (typeof networkEngines)[number];

/**
 * What computes a network: its states, losses and gradients, all that {@link GraphPurpose} names, by the same names and
 * in the same layout. The parameters are given anew each time, so that an engine keeps nothing between two runs. Whoever
 * opens it closes it.
 */
export interface NetworkEngine extends AsyncDisposable {
  readonly name: NetworkEngineName;
  /**
   * @param outputs the results wanted, each written into the memory of its tensor, or, for null, into memory of its
   * own; all of them where none are named
   * @throws MuybridgeError ERR_MODEL_INVALID where the tensors do not fit the network.
   */
  run(
    purpose: GraphPurpose,
    feeds: Readonly<Record<string, OnnxTensor>>,
    outputs?: Readonly<Record<string, OnnxTensor | null>>,
  ): Promise<Record<string, OnnxTensor>>;
  close(): Promise<void>;
}

/**
 * Checks that an engine is known and can compute a network.
 *
 * @throws MuybridgeError ERR_USAGE saying what it cannot do, and what to do.
 */
export function checkEngine(
  engine: NetworkEngineName,
  shape: Pick<NetworkShape, "cell" | "resetAfter">,
): void {
  if (!networkEngines.includes(engine)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `engine must be ${networkEngines.join(" or ")}; it is "${String(engine)}".`,
      { parameter: "engine" },
    );
  }
  if (engine === "tfjs") checkLayers(shape, "the engine tfjs");
}
