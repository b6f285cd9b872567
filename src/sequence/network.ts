import { MuybridgeError } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import type { Tensor } from "../core/safetensors.js";
import { type OnnxSession, openOnnxSession } from "../onnx/session.js";
import { float32 } from "../onnx/tensor.js";
import { type FitOptions, type FitResult, fitNetwork, type TrainingData } from "./fit-network.js";
import { holdOut } from "./hold-out.js";
import { buildInferenceGraph } from "./inference-graph.js";
import { padSequences } from "./mini-batch.js";
import { batchFeeds, parameterFeeds } from "./network-feeds.js";
import {
  checkNetworkShape,
  directionsOf,
  type NetworkShape,
  type Pooling,
} from "./network-shape.js";
import {
  fromNamed,
  type GraphParameters,
  initialParameters,
  type Parameter,
  parameterShapes,
  toNamed,
} from "./parameters.js";
import { openSequenceModel, type SequenceModel } from "./sequence-model.js";
import { fromTorch, toTorch } from "./torch-parameters.js";
import { buildNetworkGraph, type GraphPurpose, gradientName } from "./training-graph.js";

/** Options of {@link createNetwork}. */
export interface NetworkOptions {
  /** The recurrent cell. */
  readonly cell: "lstm";
  /** A second pass against time, its states concatenated to the first one's. Default false. */
  readonly bidirectional?: boolean;
  /** Recurrent layers, one over the other. Default 1. */
  readonly layers?: number;
  /** Values of an input vector. */
  readonly inputSize: number;
  /** Units of each direction. */
  readonly hidden: number;
  /** Values that describe a sequence as a whole, which the head sees beside the states. Default 0. */
  readonly contextSize?: number;
  /** One result for a whole sequence. */
  readonly output?: "last";
  /** What the head sees: the last state of each direction, or the mean of all states. Default "last". */
  readonly pooling?: Pooling;
  /** Softmax over classes, or nothing: a network for its states. */
  readonly head: { readonly type: "classification"; readonly classes: number } | null;
  /** Part of each layer's outputs that is dropped while training, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** Part of an input vector's values that is dropped while training, the same ones all through a sequence, and of its context, in [0, 1). Default 0. */
  readonly inputDropout?: number;
  /** Decides the initial weights, shuffles and dropout. Default 1. */
  readonly seed?: number;
  /** Threads of the engine. Default 2. */
  readonly threads?: number;
}

/** A recurrent network for sequences of vectors. Whoever creates it closes it. */
export interface Network extends AsyncDisposable {
  readonly shape: NetworkShape;
  /**
   * Trains the network from where it is.
   *
   * @throws MuybridgeError ERR_USAGE for data or options out of range; the signal's reason on abort.
   */
  fit(data: TrainingData, options?: FitOptions): Promise<FitResult>;
  /**
   * @param x sequences, each float32 [T_i, inputSize], row-major
   * @param context each float32 [contextSize], for a network with a context
   * @returns probabilities of the classes, each float32 [classes]; a sequence's do not depend on the others
   */
  predict(x: readonly Float32Array[], context?: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Every state of the top layer, each float32 [T_i, directions · hidden]. */
  forward(x: readonly Float32Array[]): Promise<Float32Array[]>;
  /**
   * Gradients of all parameters, by name, for given gradients of the top layer's states and last states.
   *
   * @param dStates each [T_i, directions · hidden]
   * @param dLast each [directions · hidden]
   */
  gradients(
    x: readonly Float32Array[],
    dStates: readonly Float32Array[],
    dLast: readonly Float32Array[],
  ): Promise<Record<string, Parameter>>;
  /** Copies of the parameters under their documented names. */
  getParameters(): Record<string, Parameter>;
  /** @throws MuybridgeError ERR_MODEL_INVALID naming the parameter that is missing or of another shape. */
  setParameters(parameters: Readonly<Record<string, Tensor>>): void;
  /**
   * Sets the parameters from PyTorch's (`weight_ih_l0` …, docs/weights.md).
   *
   * @returns the parameters under their documented names
   * @throws MuybridgeError ERR_MODEL_INVALID naming the parameter that is missing or of another shape.
   */
  fromTorch(torch: Readonly<Record<string, Parameter>>): Record<string, Parameter>;
  /** Copies of the parameters under PyTorch's names. */
  toTorch(): Record<string, Parameter>;
  /** The network as an ONNX model; see {@link buildInferenceGraph}. */
  toOnnx(): Uint8Array;
  close(): Promise<void>;
}

/** Threads of the engine where none are given: a step's products are large enough for two, not for more. */
const defaultThreads = 2;

/**
 * Creates a network with fresh weights.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 *
 * @example
 * const network = createNetwork({ cell: "lstm", bidirectional: true, inputSize: 1280, hidden: 128,
 *   head: { type: "classification", classes: 5 }, seed: 1 });
 */
export function createNetwork(options: NetworkOptions): Network {
  const { dropout = 0, inputDropout = 0, seed = 1, threads = defaultThreads } = options;
  const shape: NetworkShape = {
    cell: options.cell,
    bidirectional: options.bidirectional ?? false,
    layers: options.layers ?? 1,
    inputSize: options.inputSize,
    hidden: options.hidden,
    pooling: options.pooling ?? "last",
    contextSize: options.contextSize ?? 0,
    classes: options.head?.classes ?? 0,
  };
  checkNetworkShape(shape);
  for (const [parameter, rate] of Object.entries({ dropout, inputDropout })) {
    if (rate >= 0 && rate < 1) continue;
    throw new MuybridgeError("ERR_USAGE", `${parameter} must be in [0, 1); it is ${rate}.`, {
      parameter,
    });
  }
  const random = createRandom(seed);
  let parameters = initialParameters(shape, random.fork("weights"));
  let predictor: Promise<SequenceModel> | undefined;
  const sessions = new Map<GraphPurpose, Promise<OnnxSession>>();
  const session = (purpose: GraphPurpose): Promise<OnnxSession> => {
    const known =
      sessions.get(purpose) ?? openOnnxSession(buildNetworkGraph(shape, purpose), { threads });
    sessions.set(purpose, known);
    return known;
  };
  const replace = async (fresh: GraphParameters): Promise<void> => {
    parameters = fresh;
    const old = predictor;
    predictor = undefined;
    await (await old)?.close();
  };
  const width = directionsOf(shape) * shape.hidden;
  const close = async (): Promise<void> => {
    await replace(parameters);
    for (const opened of sessions.values()) await (await opened).close();
    sessions.clear();
  };
  return {
    shape,
    async fit(data, fitOptions = {}) {
      const engine = {
        shape,
        dropout,
        inputDropout,
        train: await session("train"),
        evaluate: await session("evaluate"),
      };
      const result = await fitNetwork(
        engine,
        parameters,
        holdOut(data, random.fork("validation")),
        fitOptions,
        random.fork("training"),
      );
      await replace(result.parameters);
      return result;
    },
    async predict(x, context) {
      checkSequences(x, shape.inputSize);
      needsHead(shape);
      predictor ??= openSequenceModel(buildInferenceGraph(shape, parameters), {
        inputSize: shape.inputSize,
        contextSize: shape.contextSize,
        outputSize: shape.classes,
      });
      const model = await predictor;
      const results: Float32Array[] = [];
      for (const [index, sequence] of x.entries()) {
        const steps = sequence.length / shape.inputSize;
        results.push(await model.predict(sequence, steps, context?.[index]));
      }
      return results;
    },
    async forward(x) {
      checkSequences(x, shape.inputSize);
      const batch = padSequences(x, shape.inputSize);
      const { states } = await (await session("states")).run({
        ...batchFeeds(batch),
        ...parameterFeeds(parameters),
      });
      return x.map((sequence, b) =>
        unpad(states!.data as Float32Array, b, sequence.length / shape.inputSize, x.length, width),
      );
    },
    async gradients(x, dStates, dLast) {
      checkSequences(x, shape.inputSize);
      const batch = padSequences(x, shape.inputSize);
      const outputs = await (await session("gradients")).run({
        ...batchFeeds(batch),
        ...parameterFeeds(parameters),
        dStates: padSequences(dStates, width).x,
        dLast: float32(Float32Array.from(dLast.flatMap((row) => [...row])), [x.length, width]),
      });
      const gradients: GraphParameters = {};
      for (const [name, dims] of parameterShapes({ ...shape, classes: 0 })) {
        gradients[name] = { shape: dims, data: outputs[gradientName(name)]!.data as Float32Array };
      }
      return toNamed({ ...shape, classes: 0 }, gradients);
    },
    getParameters: () => toNamed(shape, parameters),
    setParameters(named) {
      void replace(fromNamed(shape, named));
    },
    fromTorch(torch) {
      const named = fromTorch(shape, torch);
      void replace(fromNamed(shape, named));
      return named;
    },
    toTorch: () => toTorch(toNamed(shape, parameters)),
    toOnnx() {
      needsHead(shape);
      return buildInferenceGraph(shape, parameters);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function unpad(
  states: Float32Array,
  b: number,
  steps: number,
  batch: number,
  width: number,
): Float32Array {
  const sequence = new Float32Array(steps * width);
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + b) * width;
    sequence.set(states.subarray(from, from + width), t * width);
  }
  return sequence;
}

function checkSequences(x: readonly Float32Array[], inputSize: number): void {
  const wrong = x.findIndex(
    (sequence) => sequence.length === 0 || sequence.length % inputSize !== 0,
  );
  if (wrong >= 0) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `Sequence ${wrong} holds ${x[wrong]!.length} values, not a multiple of ${inputSize} above 0.`,
      { parameter: "x" },
    );
  }
}

function needsHead(shape: NetworkShape): void {
  if (shape.classes > 0) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    "A network without a head predicts nothing; ask for its states.",
    {
      parameter: "head",
    },
  );
}
