import { MuybridgeError } from "../core/errors.js";
import type { Random } from "../core/random.js";
import { float32, type OnnxTensor } from "../onnx/tensor.js";
import { createAdam } from "./adam.js";
import { mostLikely } from "./classification-metrics.js";
import { padSequences } from "./mini-batch.js";
import type { NetworkEngine } from "./network-engine.js";
import { batchFeeds, contextFeeds, parameterFeeds } from "./network-feeds.js";
import { directionsOf, type NetworkShape, outputSize } from "./network-shape.js";
import type { GraphParameters } from "./parameters.js";
import { batchTargets, checkTargets, type Target } from "./targets.js";
import { dropoutName, gradientName } from "./training-graph.js";

/** Sequences and their classes. */
export interface LabelledSequences {
  /** Each float32 [T_i, inputSize], row-major. */
  readonly x: readonly Float32Array[];
  /** What the network is to give for each sequence. */
  readonly y: readonly Target[];
  /** Each float32 [contextSize], for a network with a context. */
  readonly context?: readonly Float32Array[];
}

/** What a network is trained on. */
export interface TrainingData extends LabelledSequences {
  /**
   * Judges every epoch; never trained on. A fraction in (0, 1) holds out that part of the sequences, whole groups
   * of them. Without it, training runs through all its epochs.
   */
  readonly validation?: LabelledSequences | number;
  /** What sequences of one scene or person share, one for each. Default: each sequence is its own group. */
  readonly groups?: readonly (string | number)[];
}

/** Training data of which the validation part is laid out. */
export type HeldOut = LabelledSequences & { readonly validation?: LabelledSequences };

/** Options of a training. */
export interface FitOptions {
  /** Passes over the data, at most. Default 30. */
  readonly epochs?: number;
  /** Sequences a step. Default 16. */
  readonly batchSize?: number;
  /** Adam's step size. Default 0.001. */
  readonly learningRate?: number;
  /** Decoupled weight decay. Default 0. */
  readonly weightDecay?: number;
  /** Part of each target that is spread over all classes (Szegedy et al. 2016), in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Largest norm of all gradients together. Default 2. */
  readonly clipNorm?: number;
  /** Epochs without a lower validation loss before training stops. Default 10. */
  readonly patience?: number;
  /** Called after every epoch. */
  readonly onEpoch?: (epoch: EpochRecord) => void;
  readonly signal?: AbortSignal;
}

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss over the training items, with dropout; cross-entropy in nats. */
  readonly loss: number;
  /** Mean loss over the validation items. */
  readonly validationLoss?: number;
  /** Part of the validation items that is told right; of a classification only. */
  readonly validationAccuracy?: number;
}

/** What a training came to. */
export interface FitResult {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights were kept: the one of the lowest validation loss, or the last one. */
  readonly bestEpoch: number;
}

/** A network as it is trained, and what computes it. */
export interface TrainedNetwork {
  readonly shape: NetworkShape;
  readonly dropout: number;
  readonly inputDropout: number;
  readonly engine: NetworkEngine;
}

/** Sequences evaluated at once. */
const evaluationBatch = 64;

/**
 * Trains by mini-batches: shuffled every epoch, back-propagation through time, Adam. With validation data it
 * stops when the validation loss has not fallen for `patience` epochs, and keeps the best epoch's weights.
 * The same data, options and random source give the same weights, to the bit.
 */
export async function fitNetwork(
  network: TrainedNetwork,
  initial: GraphParameters,
  data: HeldOut,
  options: FitOptions,
  random: Random,
): Promise<FitResult & { readonly parameters: GraphParameters }> {
  const { epochs = 30, batchSize = 16, patience = 10, labelSmoothing = 0, signal } = options;
  checkData(data, network.shape);
  const optimiser = createAdam({
    learningRate: options.learningRate ?? 1e-3,
    weightDecay: options.weightDecay ?? 0,
    clipNorm: options.clipNorm ?? 2,
  });
  const parameters = copyOf(initial);
  const history: EpochRecord[] = [];
  let best:
    | { readonly epoch: number; readonly loss: number; readonly parameters: GraphParameters }
    | undefined;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = random.shuffle(data.x.map((_, index) => index));
    let sum = 0;
    let weight = 0;
    for (let first = 0; first < order.length; first += batchSize) {
      signal?.throwIfAborted();
      const members = order.slice(first, first + batchSize);
      const step = await trainStep(
        network,
        parameters,
        data,
        members,
        labelSmoothing,
        optimiser.step,
        random,
      );
      sum += step.total * step.loss;
      weight += step.total;
    }
    const loss = sum / weight;
    if (!Number.isFinite(loss)) throw diverged(epoch);
    const judged = data.validation && (await evaluate(network, parameters, data.validation));
    const record: EpochRecord = {
      epoch,
      loss,
      ...(judged ? { validationLoss: judged.loss } : {}),
      ...(judged?.accuracy === undefined ? {} : { validationAccuracy: judged.accuracy }),
    };
    history.push(record);
    options.onEpoch?.(record);
    if (!judged) continue;
    if (!best || judged.loss < best.loss)
      best = { epoch, loss: judged.loss, parameters: copyOf(parameters) };
    else if (epoch - best.epoch >= patience) break;
  }
  return best
    ? { history, bestEpoch: best.epoch, parameters: best.parameters }
    : { history, bestEpoch: history.length, parameters };
}

async function trainStep(
  { shape, dropout, inputDropout, engine }: TrainedNetwork,
  parameters: GraphParameters,
  data: LabelledSequences,
  members: readonly number[],
  labelSmoothing: number,
  update: ReturnType<typeof createAdam>["step"],
  random: Random,
): Promise<{ readonly loss: number; readonly total: number }> {
  const batch = padSequences(
    members.map((index) => dropValues(data.x[index]!, shape.inputSize, inputDropout, random)),
    shape.inputSize,
  );
  const { contextSize } = shape;
  const { targets, weights, total } = batchTargets(
    shape,
    members.map((index) => data.y[index]!),
    members.map((index) => data.x[index]!.length / shape.inputSize),
    batch.steps,
    { labelSmoothing },
  );
  const width = directionsOf(shape) * shape.hidden;
  const factors: Record<string, OnnxTensor> = {};
  for (let layer = 0; layer < shape.layers; layer++) {
    const perStep = layer < shape.layers - 1 || shape.output === "sequence";
    const dims = perStep ? [batch.steps, batch.size, width] : [batch.size, width];
    factors[dropoutName(layer)] = dropoutFactors(dims, dropout, random);
  }
  const outputs = await engine.run("train", {
    ...batchFeeds(batch),
    ...contextFeeds(
      members.map((index) => dropValues(contextOf(data, index), contextSize, inputDropout, random)),
      contextSize,
    ),
    ...parameterFeeds(parameters),
    ...factors,
    targets,
    weights,
  });
  const gradients: Record<string, Float32Array> = {};
  for (const name of Object.keys(parameters)) {
    gradients[name] = outputs[gradientName(name)]!.data as Float32Array;
  }
  update(parameters, gradients);
  return { loss: (outputs.loss!.data as Float32Array)[0]!, total };
}

const noContext = new Float32Array(0);

function contextOf({ context }: LabelledSequences, index: number): Float32Array {
  return context?.[index] ?? noContext;
}

/** Factors on the outputs of a layer. */
function dropoutFactors(dims: readonly number[], rate: number, random: Random): OnnxTensor {
  return float32(
    drawFactors(
      dims.reduce((a, b) => a * b, 1),
      rate,
      random,
    ),
    dims,
  );
}

/** A sequence of which some values are dropped: the same ones in all its steps (Gal & Ghahramani 2016). */
function dropValues(
  sequence: Float32Array,
  size: number,
  rate: number,
  random: Random,
): Float32Array {
  if (rate === 0) return sequence;
  const factors = drawFactors(size, rate, random);
  const dropped = new Float32Array(sequence.length);
  for (let start = 0; start < sequence.length; start += size) {
    for (let d = 0; d < size; d++) dropped[start + d] = sequence[start + d]! * factors[d]!;
  }
  return dropped;
}

/** Inverted dropout (Srivastava et al. 2014): zero, or scaled so that the mean stays. */
function drawFactors(length: number, rate: number, random: Random): Float32Array {
  const factors = new Float32Array(length).fill(1);
  if (rate === 0) return factors;
  const kept = 1 / (1 - rate);
  for (let i = 0; i < length; i++) factors[i] = random.next() < rate ? 0 : kept;
  return factors;
}

async function evaluate(
  { shape, engine }: TrainedNetwork,
  parameters: GraphParameters,
  data: LabelledSequences,
): Promise<{ readonly loss: number; readonly accuracy?: number }> {
  const { x, y } = data;
  const width = outputSize(shape);
  let loss = 0;
  let right = 0;
  let items = 0;
  const feeds = parameterFeeds(parameters);
  for (let first = 0; first < x.length; first += evaluationBatch) {
    const part = x.slice(first, first + evaluationBatch);
    const batch = padSequences(part, shape.inputSize);
    const lengths = part.map((sequence) => sequence.length / shape.inputSize);
    const expected = y.slice(first, first + evaluationBatch);
    const { targets, weights, total } = batchTargets(shape, expected, lengths, batch.steps);
    const contexts = part.map((_, b) => contextOf(data, first + b));
    const outputs = await engine.run("evaluate", {
      ...batchFeeds(batch),
      ...contextFeeds(contexts, shape.contextSize),
      ...feeds,
      targets,
    });
    const losses = outputs.losses!.data as Float32Array;
    const logits = outputs.logits!.data as Float32Array;
    for (const [item, weight] of (weights.data as Float32Array).entries()) {
      if (weight === 0) continue;
      loss += losses[item]!;
      const row = [item * width, (item + 1) * width] as const;
      const wanted = (targets.data as Float32Array).subarray(...row);
      if (mostLikely(logits.subarray(...row)) === mostLikely(wanted)) right += 1;
    }
    items += total;
  }
  const isClass = shape.head?.type === "classification";
  return { loss: loss / items, ...(isClass ? { accuracy: right / items } : {}) };
}

function checkData(data: HeldOut, shape: NetworkShape): void {
  for (const part of data.validation ? [data, data.validation] : [data]) {
    const { x, y } = part;
    if (x.some((_, index) => contextOf(part, index).length !== shape.contextSize)) {
      throw new MuybridgeError(
        "ERR_USAGE",
        `Every sequence must have a context of ${shape.contextSize} values.`,
        { parameter: "context" },
      );
    }
    if (x.length === 0 || x.length !== y.length) {
      throw new MuybridgeError("ERR_USAGE", "x and y must be of the same length, above 0.", {
        parameter: "y",
      });
    }
    if (x.some((sequence) => sequence.length === 0 || sequence.length % shape.inputSize !== 0)) {
      throw new MuybridgeError(
        "ERR_USAGE",
        `Every sequence must hold a multiple of ${shape.inputSize} values.`,
        {
          parameter: "x",
        },
      );
    }
    checkTargets(shape, x, y);
  }
}

function diverged(epoch: number): MuybridgeError {
  return new MuybridgeError(
    "ERR_USAGE",
    `Training came to a loss that is not a number in epoch ${epoch}. Lower the learning rate, or look for values in the features that are not finite.`,
    { parameter: "learningRate" },
  );
}

function copyOf(parameters: GraphParameters): GraphParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.slice() },
    ]),
  );
}
