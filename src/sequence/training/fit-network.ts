/** Training: epochs of mini-batches, judged, logged, kept on disk, resumed. */
import type { Random } from "../../core/random.js";
import { type OptimiserOptions, openOptimiser } from "../optimisers/open-optimiser.js";
import type { NamedParameters } from "../optimisers/optimiser.js";
import type { GraphParameters } from "../parameters.js";
import { planBatches } from "./batch-plan.js";
import { openCheckpoints } from "./checkpoints.js";
import { weightsOfClasses } from "./class-weights.js";
import { diverged, strayed } from "./divergence.js";
import { evaluateNetwork } from "./evaluate-network.js";
import {
  type ChosenFitOptions,
  chooseFitOptions,
  type EpochRecord,
  type FitOptions,
  type FitResult,
} from "./fit-options.js";
import { openSchedule } from "./learning-rate-schedule.js";
import type { TrainedNetwork } from "./trained-network.js";
import { checkData, type HeldOut } from "./training-data.js";
import { openTrainingLog } from "./training-log.js";
import { trainingRecipe } from "./training-recipe.js";
import type { BestEpoch } from "./training-state.js";
import { prepareSteps, type TrainingStep } from "./training-step.js";

/**
 * Trains by mini-batches: shuffled every epoch, back-propagation through time, an optimiser. With validation data it
 * stops when the validation loss has not fallen for `patience` epochs, and keeps the best epoch's weights.
 * The same data, options and random source give the same weights, to the bit, also when the training is resumed from
 * a checkpoint.
 *
 * @throws MuybridgeError ERR_USAGE for data or options out of range, and where the loss is no longer a number
 */
export async function fitNetwork(
  network: TrainedNetwork,
  initial: GraphParameters,
  data: HeldOut,
  given: FitOptions,
  random: Random,
): Promise<FitResult & { readonly parameters: GraphParameters }> {
  const { shape } = network;
  const options = chooseFitOptions(given, shape);
  checkData(data, shape);
  const lengths = data.x.map((sequence) =>
    Math.min(sequence.length / shape.inputSize, options.truncate?.steps ?? Infinity),
  );
  const stepsPerEpoch = Math.ceil(lengths.length / options.batchSize);
  const schedule = openSchedule(options.schedule, { ...options, stepsPerEpoch });
  const keeper = openCheckpoints(options.checkpoint, initial, () =>
    trainingRecipe(network, initial, data, options, random.state()),
  );
  const resumed = options.resume ? await keeper?.read() : undefined;
  const optimiser = openOptimiser(resumed?.parameters ?? initial, optimiserOptions(options));
  if (resumed) {
    optimiser.restore(resumed.optimiser);
    schedule.restore(resumed.schedule);
    random.restore(resumed.random);
  }
  const { classWeights } = options;
  const step = prepareSteps(
    network,
    optimiser,
    data,
    {
      labelSmoothing: options.labelSmoothing,
      ...(options.truncate ? { truncate: options.truncate } : {}),
      ...(classWeights ? { classWeights: weightsOfClasses(classWeights, shape, data.y) } : {}),
    },
    random,
  );
  const history: EpochRecord[] = [...(resumed?.history ?? [])];
  let best: BestEpoch | undefined = resumed?.best;
  const log = options.log === undefined ? undefined : await openTrainingLog(options.log, history);
  const isOver = (): boolean =>
    history.length >= options.epochs ||
    (best !== undefined && history.length - best.epoch >= options.patience);
  while (!isOver()) {
    const epoch = history.length + 1;
    const batches = planBatches(lengths, options.batchSize, options.bucketByLength, random);
    const trained = await trainEpoch(step, batches, {
      epoch,
      data,
      rate: (index) => schedule.rate(history.length * stepsPerEpoch + index),
      signal: options.signal,
    });
    const judged =
      data.validation && (await evaluateNetwork(network, optimiser.parameters, data.validation));
    if (judged && !Number.isFinite(judged.loss)) throw strayed(epoch, judged.loss);
    const { loss, ...others } = trained;
    const record: EpochRecord = {
      epoch,
      loss,
      ...(judged ? { validationLoss: judged.loss } : {}),
      ...(judged?.accuracy === undefined ? {} : { validationAccuracy: judged.accuracy }),
      ...others,
    };
    history.push(record);
    schedule.epochEnded(judged?.loss ?? loss);
    if (judged && !(best && judged.loss >= best.loss)) {
      best = { epoch, loss: judged.loss, parameters: copyOf(optimiser.parameters) };
    }
    if (keeper?.isDue(epoch, isOver())) {
      await keeper.write({
        history,
        parameters: optimiser.parameters,
        optimiser: optimiser.state(),
        schedule: schedule.state(),
        random: random.state(),
        best,
      });
    }
    await log?.append(record);
    options.onEpoch?.(record);
  }
  return best
    ? { history, bestEpoch: best.epoch, parameters: { ...best.parameters } }
    : { history, bestEpoch: history.length, parameters: copyOf(optimiser.parameters) };
}

/** What a pass over the data is told. */
interface EpochSettings {
  readonly epoch: number;
  readonly data: HeldOut;
  /** Learning rate of a step of the epoch, from 0. */
  readonly rate: (step: number) => number;
  readonly signal: AbortSignal | undefined;
}

async function trainEpoch(
  step: TrainingStep,
  batches: readonly (readonly number[])[],
  { epoch, data, rate, signal }: EpochSettings,
): Promise<Pick<EpochRecord, "loss" | "learningRate" | "gradientNorm">> {
  let sum = 0;
  let total = 0;
  let norms = 0;
  let learningRate = 0;
  for (const [index, members] of batches.entries()) {
    signal?.throwIfAborted();
    learningRate = rate(index);
    const { loss, weight, gradientNorm } = await step(members, learningRate);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw diverged({ epoch, step: index + 1, loss, learningRate, gradientNorm }, data);
    }
    sum += weight * loss;
    total += weight;
    norms += gradientNorm;
  }
  return { loss: sum / total, learningRate, gradientNorm: norms / batches.length };
}

function optimiserOptions({
  optimizer,
  weightDecay,
  l2,
  clip,
}: ChosenFitOptions): OptimiserOptions {
  return {
    optimizer,
    clip,
    ...(weightDecay === undefined ? {} : { weightDecay }),
    ...(l2 === undefined ? {} : { l2 }),
  };
}

function copyOf(parameters: NamedParameters): GraphParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.slice() },
    ]),
  );
}
