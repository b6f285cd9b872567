import type { InferenceSession, Tensor } from "onnxruntime-node";
import { MuybridgeError, messageOf } from "../core/errors.js";
import type { ElementArray, ElementType, OnnxTensor } from "./tensor.js";

/** A loaded ONNX model. Whoever opens it closes it. */
export interface OnnxSession extends AsyncDisposable {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph.
   *
   * @param feeds a tensor for every input
   * @param outputs the outputs wanted; all of them where none are named
   */
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    outputs?: readonly string[],
  ): Promise<Record<string, OnnxTensor>>;
  close(): Promise<void>;
}

/** Options of {@link openOnnxSession}. */
export interface OnnxSessionOptions {
  /** Threads that share one operator's work. Default 1: a process per core beats threads under load. */
  readonly threads?: number;
}

/**
 * Loads a model on the CPU.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where onnxruntime refuses it.
 */
export async function openOnnxSession(
  model: Uint8Array,
  options: OnnxSessionOptions = {},
): Promise<OnnxSession> {
  // Late, since a command that the cache can answer needs no engine.
  const ort = await import("onnxruntime-node");
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: ["cpu"],
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `onnxruntime cannot load the network: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const close = (): Promise<void> => session.release();
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, outputs) {
      const tensors: Record<string, Tensor> = {};
      for (const [name, { type, data, dims }] of Object.entries(feeds)) {
        tensors[name] = new ort.Tensor(type as "float32", data as Float32Array, dims);
      }
      const results = await session.run(tensors, (outputs ?? session.outputNames) as string[]);
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, data, dims }]) => [
          name,
          { type: type as ElementType, data: data as ElementArray, dims },
        ]),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
