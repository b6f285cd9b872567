import { freeMemory } from "../../core/free-memory.js";
import type { Random } from "../../core/random.js";
import { float32, type OnnxTensor } from "../../onnx/tensor.js";
import { padSequences } from "../mini-batch.js";
import { batchFeeds, contextFeeds, parameterFeeds } from "../network-feeds.js";
import { directionsOf } from "../network-shape.js";
import type { Optimiser } from "../optimisers/optimiser.js";
import { batchTargets, type TargetOptions } from "../targets.js";
import { dropoutName, gradientName } from "../training-graph.js";
import { dropoutFactors, dropValues } from "./dropout.js";
import type { TrainedNetwork } from "./trained-network.js";
import { contextOf, type LabelledSequences } from "./training-data.js";
import { type Truncation, truncate } from "./truncation.js";

/** How the batches of a training are made. */
export interface BatchOptions extends TargetOptions {
  readonly truncate?: Truncation;
}

/** What a step came to, before the parameters moved. */
export interface StepResult {
  /** Mean loss of the batch, with dropout. */
  readonly loss: number;
  /** Sum of the items' weights. */
  readonly weight: number;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/** Computes the loss and the gradients of a batch, and moves the parameters of the optimiser. */
export type TrainingStep = (
  members: readonly number[],
  learningRate: number,
) => Promise<StepResult>;

/**
 * Prepares the steps of a training: parameters are read and gradients are written where the optimiser keeps them, so
 * that nothing of their size is copied or allocated.
 *
 * @param random draws the dropout, and the parts of truncated sequences
 */
export function prepareSteps(
  { shape, dropout, inputDropout, engine }: TrainedNetwork,
  optimiser: Optimiser,
  data: LabelledSequences,
  options: BatchOptions,
  random: Random,
): TrainingStep {
  const { inputSize, contextSize } = shape;
  const width = directionsOf(shape) * shape.hidden;
  const parameters = parameterFeeds(optimiser.parameters);
  const outputs: Record<string, OnnxTensor | null> = { loss: null };
  for (const [name, gradient] of Object.entries(optimiser.gradients)) {
    outputs[gradientName(name)] = float32(gradient.data, gradient.shape);
  }
  return async (members, learningRate) => {
    const cut = members.map((index) =>
      truncate(data.x[index]!, data.y[index]!, shape, options.truncate, random),
    );
    const dropped = cut.map(({ x }) => dropValues(x, inputSize, inputDropout, random));
    const batch = padSequences(dropped, inputSize);
    if (inputDropout > 0) freeMemory(...dropped);
    const { targets, weights, total } = batchTargets(
      shape,
      cut.map(({ y }) => y),
      cut.map(({ x }) => x.length / inputSize),
      batch.steps,
      options,
    );
    const factors: Record<string, OnnxTensor> = {};
    for (let layer = 0; layer < shape.layers; layer++) {
      const perStep = layer < shape.layers - 1 || shape.output === "sequence";
      const dims = perStep ? [batch.steps, batch.size, width] : [batch.size, width];
      factors[dropoutName(layer)] = dropoutFactors(dims, dropout, random);
    }
    const contexts = members.map((index) =>
      dropValues(contextOf(data, index), contextSize, inputDropout, random),
    );
    const feeds = {
      ...batchFeeds(batch),
      ...contextFeeds(contexts, contextSize),
      ...parameters,
      ...factors,
      targets,
      weights,
    };
    const { loss } = await engine.run("train", feeds, outputs);
    freeMemory(batch.x.data);
    return {
      loss: (loss!.data as Float32Array)[0]!,
      weight: total,
      gradientNorm: optimiser.step(learningRate),
    };
  };
}
