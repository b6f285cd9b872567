import { createRandom } from "../core/random.js";
import type { Tensor } from "../core/safetensors.js";
import { buildInferenceGraph } from "./inference-graph.js";
import { initialParameters } from "./initial-parameters.js";
import { padSequences } from "./mini-batch.js";
import {
  checkSequences,
  lastGradients,
  needsHead,
  needsOneDirection,
  needsOwnInput,
  unpad,
} from "./network-checks.js";
import { batchFeeds, parameterFeeds } from "./network-feeds.js";
import { readNetwork, saveNetwork } from "./network-files.js";
import { chooseNetworkOptions, type NetworkOptions } from "./network-options.js";
import { directionsOf, type NetworkShape } from "./network-shape.js";
import { openOnnxEngine } from "./onnx-engine.js";
import {
  fromNamed,
  type GraphParameters,
  type Parameter,
  parameterShapes,
  toNamed,
} from "./parameters.js";
import { forecast, predictMany } from "./predict-sequences.js";
import { openSequenceModel, type SequenceModel } from "./sequence-model.js";
import { openStatefulPredictor, type StatefulPredictor } from "./stateful-predictor.js";
import { openTfjsEngine } from "./tfjs/tfjs-engine.js";
import { fromTorch, toTorch } from "./torch-parameters.js";
import { fitNetwork } from "./training/fit-network.js";
import type { FitOptions, FitResult } from "./training/fit-options.js";
import { holdOut } from "./training/hold-out.js";
import type { TrainingData } from "./training/training-data.js";
import { gradientName } from "./training-graph.js";

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
   * @returns probabilities of the classes or labels, or the values of a regression: each float32 [outputs], or
   * [T_i, outputs] where there is a result for each step
   */
  predict(x: readonly Float32Array[], context?: readonly Float32Array[]): Promise<Float32Array[]>;
  /**
   * Goes on with a sequence where the last call stopped: the states are kept between calls. For networks of one
   * direction; what is pooled is the part alone.
   *
   * @param part float32 [n, inputSize]: the next steps
   * @returns float32 [outputs] after the part, or [n, outputs] where there is a result for each step
   */
  predictAndUpdateState(part: Float32Array): Promise<Float32Array>;
  /** Lets {@link predictAndUpdateState} begin a new sequence. */
  resetState(): Promise<void>;
  /**
   * Goes on with a sequence by itself, in closed loop: each predicted vector is the next input. For a regression of one
   * direction whose values are as many as its inputs.
   *
   * @param x float32 [T, inputSize]: what is known
   * @returns float32 [steps, inputSize]: the vectors that follow
   */
  forecast(x: Float32Array, steps: number): Promise<Float32Array>;
  /** Every state of the top layer, each float32 [T_i, directions · hidden]. */
  forward(x: readonly Float32Array[]): Promise<Float32Array[]>;
  /**
   * Gradients of all parameters, by name, for given gradients of the top layer's states and last states.
   *
   * @param dStates each [T_i, directions · hidden]
   * @param dLast each [directions · hidden], or, for the last states of all layers from the lowest up,
   * [layers · directions · hidden]
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
  /**
   * Writes the network as a directory, all of it or nothing; {@link openNetwork} reads it.
   *
   * @throws MuybridgeError ERR_USAGE where the directory exists and is not a network.
   */
  save(directory: string): Promise<void>;
  /** The network as an ONNX model; see {@link buildInferenceGraph}. */
  toOnnx(): Uint8Array;
  close(): Promise<void>;
}

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
  return networkOf(options);
}

/** A network with given parameters, or fresh ones. */
function networkOf(options: NetworkOptions, given?: Readonly<Record<string, Tensor>>): Network {
  const chosen = chooseNetworkOptions(options);
  const { shape, dropout, inputDropout, seed, threads } = chosen;
  const engine = chosen.engine === "tfjs" ? openTfjsEngine(shape) : openOnnxEngine(shape, threads);
  const random = createRandom(seed);
  let parameters = given
    ? fromNamed(shape, given)
    : initialParameters(shape, random.fork("weights"), chosen);
  let predictor: Promise<SequenceModel> | undefined;
  let stateful: Promise<StatefulPredictor> | undefined;
  const replace = async (fresh: GraphParameters): Promise<void> => {
    parameters = fresh;
    const old = [predictor, stateful];
    predictor = undefined;
    stateful = undefined;
    for (const opened of old) await (await opened)?.close();
  };
  const width = directionsOf(shape) * shape.hidden;
  const close = async (): Promise<void> => {
    await replace(parameters);
    await engine.close();
  };
  return {
    shape,
    async fit(data, fitOptions = {}) {
      const result = await fitNetwork(
        { shape, dropout, inputDropout, engine },
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
      predictor ??= openSequenceModel(buildInferenceGraph(shape, parameters), shape, { threads });
      return predictMany(await predictor, x, context);
    },
    async predictAndUpdateState(part) {
      checkSequences([part], shape.inputSize);
      needsOneDirection(shape);
      stateful ??= openStatefulPredictor(shape, parameters);
      return (await stateful).predictAndUpdateState(part);
    },
    async resetState() {
      (await stateful)?.resetState();
    },
    async forecast(x, steps) {
      needsOwnInput(shape);
      checkSequences([x], shape.inputSize);
      needsOneDirection(shape);
      await using predictor = await openStatefulPredictor(shape, parameters);
      return await forecast(predictor, x, steps, shape.inputSize);
    },
    async forward(x) {
      checkSequences(x, shape.inputSize);
      const batch = padSequences(x, shape.inputSize);
      const { states } = await engine.run("states", {
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
      const outputs = await engine.run("gradients", {
        ...batchFeeds(batch),
        ...parameterFeeds(parameters),
        dStates: padSequences(dStates, width).x,
        dLast: lastGradients(dLast, width, shape.layers),
      });
      const states = { ...shape, head: null };
      const gradients: GraphParameters = {};
      for (const [name, dims] of parameterShapes(states)) {
        gradients[name] = { shape: dims, data: outputs[gradientName(name)]!.data as Float32Array };
      }
      return toNamed(states, gradients);
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
    toTorch: () => toTorch(shape, toNamed(shape, parameters)),
    save: (directory) =>
      saveNetwork(directory, shape, { dropout, inputDropout, seed }, toNamed(shape, parameters)),
    toOnnx() {
      needsHead(shape);
      return buildInferenceGraph(shape, parameters);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Opens a network that was saved.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID naming what does not fit.
 */
export async function openNetwork(
  directory: string,
  options: Pick<NetworkOptions, "threads" | "engine"> = {},
): Promise<Network> {
  const file = await readNetwork(directory);
  return networkOf({ ...file.options, ...options }, file.parameters);
}
