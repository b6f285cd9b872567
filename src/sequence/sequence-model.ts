import { MuybridgeError } from "../core/errors.js";
import { openOnnxSession } from "../onnx/session.js";
import { float32 } from "../onnx/tensor.js";

/** A network ready to predict, loaded from its ONNX model. Whoever opens it closes it. */
export interface SequenceModel extends AsyncDisposable {
  /**
   * @param features float32 [n, inputSize], row-major, n at least 1
   * @returns float32 [outputSize]
   */
  predict(features: Float32Array, n: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a model as `buildInferenceGraph` makes it.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where it cannot be loaded or has other inputs or outputs.
 */
export async function openSequenceModel(
  model: Uint8Array,
  { inputSize, outputSize }: { readonly inputSize: number; readonly outputSize: number },
): Promise<SequenceModel> {
  const session = await openOnnxSession(model);
  const close = (): Promise<void> => session.close();
  if (
    session.inputNames.join() !== "features,lengths" ||
    session.outputNames.join() !== "probabilities"
  ) {
    await close();
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      "The network does not take features and lengths and give probabilities.",
    );
  }
  return {
    async predict(features, n) {
      const { probabilities } = await session.run({
        features: float32(features, [1, n, inputSize]),
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
