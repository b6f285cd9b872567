import { MuybridgeError } from "../core/errors.js";
import { freeMemory } from "../core/free-memory.js";
import { type OnnxSessionOptions, openOnnxSession } from "../onnx/session.js";
import { float32 } from "../onnx/tensor.js";
import { outputName } from "./inference-graph.js";
import { contextFeeds } from "./network-feeds.js";
import { type NetworkShape, outputSize } from "./network-shape.js";

const noContext = new Float32Array(0);

/** A network ready to predict, loaded from its ONNX model. Whoever opens it closes it. */
export interface SequenceModel extends AsyncDisposable {
  /**
   * @param features float32 [n, inputSize], row-major, n at least 1
   * @param context float32 [contextSize], for a network with a context
   * @returns float32 [outputs], or [n, outputs] where there is a result for each step
   * @throws RangeError where a context is missing or of another size
   */
  predict(features: Float32Array, n: number, context?: Float32Array): Promise<Float32Array>;
  /**
   * Several sequences in one run. Results may differ from those of one by one in the last bits.
   *
   * @param contexts one a sequence, for a network with a context
   */
  predictBatch(
    sequences: readonly Float32Array[],
    contexts?: readonly Float32Array[],
  ): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** What a sequence model must know of its network. */
export type SequenceModelShape = Pick<
  NetworkShape,
  "inputSize" | "contextSize" | "head" | "output"
>;

/**
 * Loads a model as `buildInferenceGraph` makes it.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where it cannot be loaded or has other inputs or outputs.
 */
export async function openSequenceModel(
  model: Uint8Array,
  shape: SequenceModelShape,
  options: Pick<OnnxSessionOptions, "threads"> = {},
): Promise<SequenceModel> {
  const { inputSize, contextSize, output } = shape;
  const width = outputSize(shape);
  const result = outputName(shape);
  const inputs = ["features", "lengths", ...(contextSize > 0 ? ["context"] : [])];
  const session = await openOnnxSession(model, options);
  const close = (): Promise<void> => session.close();
  if (session.inputNames.join() !== inputs.join() || session.outputNames.join() !== result) {
    await close();
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The network does not take ${inputs.join(", ")} and give ${result}.`,
    );
  }
  const predictBatch = async (
    sequences: readonly Float32Array[],
    contexts?: readonly Float32Array[],
  ): Promise<Float32Array[]> => {
    const all = sequences.map((_, index) => contexts?.[index] ?? noContext);
    const wrong = all.find(({ length }) => length !== contextSize);
    if (wrong) {
      throw new RangeError(
        `The context must hold ${contextSize} values; it holds ${wrong.length}.`,
      );
    }
    const lengths = sequences.map((sequence) => sequence.length / inputSize);
    const steps = Math.max(...lengths);
    const features = new Float32Array(sequences.length * steps * inputSize);
    for (const [b, sequence] of sequences.entries()) features.set(sequence, b * steps * inputSize);
    const outputs = await session.run({
      features: float32(features, [sequences.length, steps, inputSize]),
      ...contextFeeds(all, contextSize),
      lengths: { type: "int32", dims: [sequences.length], data: Int32Array.from(lengths) },
    });
    freeMemory(features);
    const { data } = outputs[result]!;
    const row = output === "sequence" ? steps * width : width;
    if (!(data instanceof Float32Array) || data.length !== sequences.length * row) {
      throw new MuybridgeError(
        "ERR_MODEL_INVALID",
        `The network does not give ${width} ${result}.`,
      );
    }
    return lengths.map((length, b) => {
      const size = output === "sequence" ? length * width : width;
      return data.slice(b * row, b * row + size);
    });
  };
  return {
    async predict(features, n, context) {
      if (features.length !== n * inputSize) {
        throw new RangeError(`features must hold n * ${inputSize} values.`);
      }
      const [only] = await predictBatch([features], context ? [context] : undefined);
      return only!;
    },
    predictBatch,
    close,
    [Symbol.asyncDispose]: close,
  };
}
