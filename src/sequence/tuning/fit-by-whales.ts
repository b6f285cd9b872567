import { MuybridgeError } from "../../core/errors.js";
import type { Tensor } from "../../core/safetensors.js";
import { openOnnxSession } from "../../onnx/session.js";
import type { Network } from "../network.js";
import { parameterFeeds } from "../network-feeds.js";
import type { NetworkShape } from "../network-shape.js";
import { fromNamed, namedShapes, type Parameter } from "../parameters.js";
import { evaluationBatches } from "../training/evaluation-batches.js";
import { checkData, type LabelledSequences } from "../training/training-data.js";
import { buildNetworkGraph } from "../training-graph.js";
import { createWhaleOptimiser } from "./whale-optimiser.js";

/** Options of {@link fitByWhales}. */
export interface WhaleFitOptions {
  /** Whales. Default 30. */
  readonly whales?: number;
  /** Times that each whale is judged. Default 500. */
  readonly iterations?: number;
  /** Every weight and bias is searched in [-bound, bound]. Default 2. */
  readonly bound?: number;
  /** Default 1. */
  readonly seed?: number | string;
  readonly signal?: AbortSignal;
  /** Called after every iteration, counted from 1, with the lowest loss so far. */
  readonly onIteration?: (iteration: number, lowest: number) => void;
}

/** What the whales came to. */
export interface WhaleFitResult {
  /** The loss with the weights that were kept: mean cross-entropy in nats, or mean squared error of a regression. */
  readonly loss: number;
  /** The lowest loss after each iteration. */
  readonly history: readonly number[];
  /** Weights and biases that were searched. */
  readonly parameters: number;
}

/** Most weights and biases that are searched; whales do not find their way among more. */
export const maxSearchedParameters = 5000;

/** Sequences judged at once. */
const batchSize = 256;

/**
 * Looks for a network's weights and biases by the Whale Optimization Algorithm, without gradients: the published
 * way to use it on networks, which is for very small ones. The network is left with the best weights found.
 *
 * Whales are drawn to zero, which suits weights: small ones are likelier than large ones.
 *
 * @throws MuybridgeError ERR_USAGE for a network of more than {@link maxSearchedParameters} parameters or without
 * a head, and for options out of range; the signal's reason on abort.
 */
export async function fitByWhales(
  network: Network,
  data: LabelledSequences,
  options: WhaleFitOptions = {},
): Promise<WhaleFitResult> {
  const { whales = 30, iterations = 500, bound = 2, seed = 1, signal, onIteration } = options;
  const { shape } = network;
  const size = checkedSize(shape, { whales, iterations, bound });
  await using judge = await openJudge(shape, data);
  const box = {
    low: new Float64Array(size).fill(-bound),
    high: new Float64Array(size).fill(bound),
  };
  const optimiser = createWhaleOptimiser(box, { whales, iterations, seed });
  const history: number[] = [];
  let loss = Number.POSITIVE_INFINITY;
  let best = optimiser.ask();
  for (let iteration = 1; iteration <= iterations; iteration++) {
    for (let whale = 0; whale < whales; whale++) {
      signal?.throwIfAborted();
      const position = optimiser.ask();
      const judged = await judge.lossOf(parametersAt(shape, position));
      if (judged < loss) [loss, best] = [judged, position];
      optimiser.tell(judged);
    }
    history.push(loss);
    onIteration?.(iteration, loss);
  }
  network.setParameters(parametersAt(shape, best));
  return { loss, history, parameters: size };
}

/** Weights and biases of a network. */
export function countParameters(shape: NetworkShape): number {
  return [...namedShapes(shape).values()].reduce((sum, dims) => sum + productOf(dims), 0);
}

/** A flat vector as the network's parameters, in the order of their documented names. */
function parametersAt(shape: NetworkShape, position: Float64Array): Record<string, Parameter> {
  const parameters: Record<string, Parameter> = {};
  let start = 0;
  for (const [name, dims] of namedShapes(shape)) {
    const end = start + productOf(dims);
    parameters[name] = { shape: dims, data: Float32Array.from(position.subarray(start, end)) };
    start = end;
  }
  return parameters;
}

/** Tells the mean loss of parameters over all data, which is laid out once. */
async function openJudge(
  shape: NetworkShape,
  data: LabelledSequences,
): Promise<AsyncDisposable & { lossOf(named: Readonly<Record<string, Tensor>>): Promise<number> }> {
  checkData(data, shape);
  const batches = [...evaluationBatches(shape, data, batchSize)];
  const session = await openOnnxSession(buildNetworkGraph(shape, "evaluate"));
  return {
    async lossOf(named) {
      const parameters = parameterFeeds(fromNamed(shape, named));
      let sum = 0;
      let items = 0;
      for (const { feeds, weights, total } of batches) {
        const outputs = await session.run({ ...feeds, ...parameters });
        const losses = outputs.losses!.data as Float32Array;
        for (const [item, weight] of weights.entries()) if (weight > 0) sum += losses[item]!;
        items += total;
      }
      return sum / items;
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
}

function checkedSize(
  shape: NetworkShape,
  { whales, iterations, bound }: Record<"whales" | "iterations" | "bound", number>,
): number {
  const complain = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  for (const [name, value] of Object.entries({ whales, iterations })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      complain(name, `${name} must be a whole number above 0; it is ${value}.`);
    }
  }
  if (!(bound > 0 && Number.isFinite(bound))) {
    complain("bound", `bound must be a number above 0; it is ${bound}.`);
  }
  if (!shape.head) complain("head", "A network without a head has no loss to be made small.");
  const size = countParameters(shape);
  if (size > maxSearchedParameters) {
    complain(
      "hidden",
      `The network has ${size} weights and biases; whales search at most ${maxSearchedParameters}. Lower hidden (${shape.hidden}), inputSize (${shape.inputSize}), contextSize (${shape.contextSize}) or layers (${shape.layers}), or train it by gradients.`,
    );
  }
  return size;
}

function productOf(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}
