import { MuybridgeError } from "../core/errors.js";
import { type InitialiserName, initialiserNames } from "./initialisers.js";
import { checkEngine, type NetworkEngineName } from "./network-engine.js";
import {
  type Cell,
  checkNetworkShape,
  type GateActivation,
  type Head,
  type NetworkShape,
  type Output,
  type Pooling,
  type StateActivation,
} from "./network-shape.js";

/** Options of `createNetwork`. */
export interface NetworkOptions {
  /** The recurrent cell. */
  readonly cell: Cell;
  /** A second pass against time, its states concatenated to the first one's. Default false. */
  readonly bidirectional?: boolean;
  /** Recurrent layers, one over the other. Default 1. */
  readonly layers?: number;
  /** Values of an input vector. */
  readonly inputSize: number;
  /** Units of each direction. */
  readonly hidden: number;
  /** Activation of the state, and of LSTM's and GRU's candidate. Default "tanh". */
  readonly stateActivation?: StateActivation;
  /** Activation of the gates. Default "sigmoid". */
  readonly gateActivation?: GateActivation;
  /** GRU: the reset gate acts behind the product, as in PyTorch; else before it, as in the paper. Default true. */
  readonly resetAfter?: boolean;
  /** Values that describe a sequence as a whole, which the head sees beside the states. Default 0. */
  readonly contextSize?: number;
  /** One result for a whole sequence, or one for each of its steps. Default "last". */
  readonly output?: Output;
  /** What the head sees of a whole sequence. Default "last", the last state of each direction. */
  readonly pooling?: Pooling;
  /** Softmax over classes, sigmoids over labels, values, or nothing: a network for its states. */
  readonly head: Head | null;
  /** Part of each layer's outputs that is dropped while training, in [0, 1). Default 0. */
  readonly dropout?: number;
  /** Part of an input vector's values that is dropped while training, the same ones all through a sequence, and of its context, in [0, 1). Default 0. */
  readonly inputDropout?: number;
  /** How the kernels start, and attention's and the head's. Default "glorot". */
  readonly kernelInitialiser?: InitialiserName;
  /** How the recurrent kernels start. Default "orthogonal". */
  readonly recurrentInitialiser?: InitialiserName;
  /** LSTM: forget gates start open, their biases at one (Jozefowicz et al. 2015). Default true. */
  readonly unitForgetBias?: boolean;
  /** Decides the initial weights, shuffles and dropout. Default 1. */
  readonly seed?: number;
  /** Threads of onnxruntime. Default 2. */
  readonly threads?: number;
  /**
   * What computes losses, gradients and states. Default "onnx". The network is the same for both, and so are its
   * predictions, which onnxruntime computes.
   */
  readonly engine?: NetworkEngineName;
}

/** How the parameters start. */
export interface Start {
  readonly kernelInitialiser: InitialiserName;
  readonly recurrentInitialiser: InitialiserName;
  readonly unitForgetBias: boolean;
}

/** Options with what was left out filled in. */
export interface ChosenOptions extends Start {
  readonly shape: NetworkShape;
  readonly dropout: number;
  readonly inputDropout: number;
  readonly seed: number;
  readonly threads: number;
  readonly engine: NetworkEngineName;
}

/** Threads of the engine where none are given: a step's products are large enough for two, not for more. */
const defaultThreads = 2;

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function chooseNetworkOptions(options: NetworkOptions): ChosenOptions {
  const { dropout = 0, inputDropout = 0, seed = 1, threads = defaultThreads } = options;
  const { engine = "onnx" } = options;
  const shape: NetworkShape = {
    cell: options.cell,
    bidirectional: options.bidirectional ?? false,
    layers: options.layers ?? 1,
    inputSize: options.inputSize,
    hidden: options.hidden,
    stateActivation: options.stateActivation ?? "tanh",
    gateActivation: options.gateActivation ?? "sigmoid",
    resetAfter: options.resetAfter ?? true,
    output: options.output ?? "last",
    pooling: options.pooling ?? "last",
    contextSize: options.contextSize ?? 0,
    head: options.head,
  };
  checkNetworkShape(shape);
  for (const [parameter, rate] of Object.entries({ dropout, inputDropout })) {
    if (rate >= 0 && rate < 1) continue;
    throw new MuybridgeError("ERR_USAGE", `${parameter} must be in [0, 1); it is ${rate}.`, {
      parameter,
    });
  }
  checkEngine(engine, shape);
  const { kernelInitialiser = "glorot", recurrentInitialiser = "orthogonal" } = options;
  for (const [parameter, name] of Object.entries({ kernelInitialiser, recurrentInitialiser })) {
    if (initialiserNames.includes(name)) continue;
    throw new MuybridgeError(
      "ERR_USAGE",
      `${parameter} must be one of ${initialiserNames.join(", ")}; it is ${name}.`,
      { parameter },
    );
  }
  const { unitForgetBias = true } = options;
  const start = { kernelInitialiser, recurrentInitialiser, unitForgetBias };
  return { shape, dropout, inputDropout, seed, threads, engine, ...start };
}
