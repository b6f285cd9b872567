import { MuybridgeError } from "../core/errors.js";
import { openOnnxSession } from "../onnx/session.js";
import { float32 } from "../onnx/tensor.js";
import { contextFeeds } from "./network-feeds.js";

const noContext = new Float32Array(0);

/** A network ready to predict, loaded from its ONNX model. Whoever opens it closes it. */
export interface SequenceModel extends AsyncDisposable {
  /**
   * @param features float32 [n, inputSize], row-major, n at least 1
   * @param context float32 [contextSize], for a network with a context
   * @returns float32 [outputSize]
   * @throws RangeError where a context is missing or of another size
   */
  predict(features: Float32Array, n: number, context?: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a model as `buildInferenceGraph` makes it.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where it cannot be loaded or has other inputs or outputs.
 */
export async function openSequenceModel(
  model: Uint8Array,
  sizes: {
    readonly inputSize: number;
    readonly contextSize: number;
    readonly outputSize: number;
  },
): Promise<SequenceModel> {
  const { inputSize, contextSize, outputSize } = sizes;
  const inputs = ["features", "lengths", ...(contextSize > 0 ? ["context"] : [])];
  const session = await openOnnxSession(model);
  const close = (): Promise<void> => session.close();
  if (
    session.inputNames.join() !== inputs.join() ||
    session.outputNames.join() !== "probabilities"
  ) {
    await close();
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The network does not take ${inputs.join(", ")} and give probabilities.`,
    );
  }
  return {
    async predict(features, n, context = noContext) {
      if (context.length !== contextSize) {
        throw new RangeError(
          `The context must hold ${contextSize} values; it holds ${context.length}.`,
        );
      }
      const { probabilities } = await session.run({
        features: float32(features, [1, n, inputSize]),
        ...contextFeeds([context], contextSize),
        lengths: { type: "int32", dims: [1], data: Int32Array.of(n) },
      });
      const { data } = probabilities!;
      if (!(data instanceof Float32Array) || data.length !== outputSize) {
        throw new MuybridgeError(
          "ERR_MODEL_INVALID",
          `The network does not give ${outputSize} probabilities.`,
        );
      }
      return data;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
