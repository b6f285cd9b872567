import type { InferenceSession, Tensor } from "onnxruntime-node";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { freeMemory } from "../core/free-memory.js";
import { builtInDevices, type Device } from "./devices.js";
import type { ElementArray, ElementType, OnnxTensor } from "./tensor.js";

/** A loaded ONNX model. Whoever opens it closes it. */
export interface OnnxSession extends AsyncDisposable {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph.
   *
   * @param feeds a tensor for every input
   * @param outputs the outputs wanted; all of them where none are named. Given by name with a tensor each, the
   * results are written into those tensors' memory, and they are what is returned; null leaves the memory to onnxruntime
   * @throws MuybridgeError ERR_MODEL_INVALID where its operators do not fit together, or not these tensors
   */
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    outputs?: readonly string[] | Readonly<Record<string, OnnxTensor | null>>,
  ): Promise<Record<string, OnnxTensor>>;
  close(): Promise<void>;
}

/** Options of {@link openOnnxSession}. */
export interface OnnxSessionOptions {
  /** Default "cpu". Another one that onnxruntime cannot use is told through `onWarning`, and the CPU computes. */
  readonly device?: Device;
  readonly onWarning?: (message: string) => void;
  /** Threads that share one operator's work. Default 1: a process per core beats threads under load. */
  readonly threads?: number;
  /** int8 without the kernels that lose large sums on some processors (see `int8Saturates`). Default false. */
  readonly exactInt8?: boolean;
}

/**
 * Loads a model.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID where onnxruntime refuses it.
 */
export async function openOnnxSession(
  model: Uint8Array,
  options: OnnxSessionOptions = {},
): Promise<OnnxSession> {
  // Late, since a command that the cache can answer needs no engine.
  const ort = await import("onnxruntime-node");
  const { device = "cpu", onWarning } = options;
  const load = (provider: Device): Promise<InferenceSession> =>
    ort.InferenceSession.create(model, {
      executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // Failures are thrown, so that they need not be logged as well.
      logSeverityLevel: 4,
      ...(options.exactInt8 ? { extra: { session: { x64quantprecision: "1" } } } : {}),
    });
  let session: InferenceSession | undefined;
  if (device !== "cpu") {
    try {
      // A device it was not built for would be passed over without a word.
      if (!(await builtInDevices()).includes(device)) throw new Error("it was built without it");
      // What a device lacks is told below, in our words; onnxruntime's own lines would come on top.
      ort.env.logLevel = "fatal";
      session = await load(device);
    } catch (error) {
      onWarning?.(`onnxruntime cannot use ${device}, so the CPU computes: ${messageOf(error)}`);
    }
  }
  try {
    session ??= await load("cpu");
  } catch (error) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `onnxruntime cannot load the network: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const opened = session;
  let released: Promise<void> | undefined;
  // onnxruntime throws where a session is released twice.
  const close = (): Promise<void> => (released ??= opened.release());
  return {
    inputNames: opened.inputNames,
    outputNames: opened.outputNames,
    async run(feeds, outputs = opened.outputNames) {
      const tensorOf = ({ type, data, dims }: OnnxTensor): Tensor =>
        new ort.Tensor(type as "float32", data as Float32Array, dims);
      const tensors = mapValues(feeds, tensorOf);
      const wanted = isList(outputs)
        ? outputs
        : mapValues(outputs, (tensor) => tensor && tensorOf(tensor));
      const results = await opened.run(tensors, wanted).catch((error: unknown) => {
        throw new MuybridgeError(
          "ERR_MODEL_INVALID",
          `onnxruntime cannot compute the network: ${messageOf(error)}`,
          { cause: error },
        );
      });
      return mapValues(results, ({ type, data, dims }, name) => {
        const result = { type: type as ElementType, data: data as ElementArray, dims };
        const given = isList(outputs) ? null : outputs[name];
        if (!given) return result;
        // onnxruntime-node copies what it wrote into the tensor given.
        freeMemory(result.data);
        return given;
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isList<T>(outputs: readonly string[] | T): outputs is readonly string[] {
  return Array.isArray(outputs);
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}
