import { type OnnxSession, openOnnxSession } from "../onnx/session.js";
import { float32, type OnnxTensor } from "../onnx/tensor.js";
import { buildInferenceGraph, outputName } from "./inference-graph.js";
import type { NetworkShape } from "./network-shape.js";
import type { GraphParameters } from "./parameters.js";

/** A network that remembers its states from one part of a sequence to the next. Whoever opens it closes it. */
export interface StatefulPredictor extends AsyncDisposable {
  /**
   * @param part float32 [n, inputSize], row-major, n at least 1
   * @returns float32 [outputs] after the part, or [n, outputs] where there is a result for each step
   */
  predictAndUpdateState(part: Float32Array): Promise<Float32Array>;
  /** Forgets what was seen. */
  resetState(): void;
  close(): Promise<void>;
}

/** Opens the predictor of a network of one direction, its states at zero. */
export async function openStatefulPredictor(
  shape: NetworkShape,
  parameters: GraphParameters,
): Promise<StatefulPredictor> {
  const { inputSize, hidden, layers, cell } = shape;
  const model = buildInferenceGraph(shape, parameters, { stateful: true });
  const session: OnnxSession = await openOnnxSession(model);
  const kinds = cell === "lstm" ? ["h", "c"] : ["h"];
  const names = Array.from({ length: layers }, (_, layer) =>
    kinds.map((kind) => `layer${layer}.${kind}`),
  ).flat();
  let states: Record<string, OnnxTensor> = {};
  const resetState = (): void => {
    states = Object.fromEntries(
      names.map((name) => [`${name}0`, float32(new Float32Array(hidden), [1, 1, hidden])]),
    );
  };
  resetState();
  const close = (): Promise<void> => session.close();
  return {
    async predictAndUpdateState(part) {
      const n = part.length / inputSize;
      const outputs = await session.run({
        features: float32(part, [1, n, inputSize]),
        lengths: { type: "int32", dims: [1], data: Int32Array.of(n) },
        ...states,
      });
      states = Object.fromEntries(names.map((name) => [`${name}0`, outputs[name]!]));
      return outputs[outputName(shape)]!.data as Float32Array;
    },
    resetState,
    close,
    [Symbol.asyncDispose]: close,
  };
}
