import { projectedSize } from "../sequence/block-projection.js";
import { fitMeanPool, predictMeanPool } from "../sequence/mean-pool-baseline.js";
import { poolBlocks } from "../sequence/pooled-blocks.js";
import { logMean, predictSoftmax } from "../sequence/softmax-layer.js";
import { fitStandardisation, standardise, standardiseSteps } from "../sequence/standardisation.js";
import { atTemperature, type SoftmaxLayer } from "../sequence/temperature-scaling.js";
import type { FitResult } from "../sequence/training/fit-options.js";
import { calibrateSoftmax, type FoundTemperature, findTemperature } from "./calibrate-softmax.js";
import type { FeatureBlock } from "./feature-blocks.js";
import {
  type FittedNetwork,
  fitRecurrent,
  type RecurrentSettings,
  type SplitSequences,
} from "./fit-recurrent.js";
import type { KeptTraining } from "./fitting-choices.js";
import type { Head } from "./heads.js";
import { fitLinearBlocks, usualPooling } from "./linear-blocks.js";
import { mirrorImages } from "./mirrored-blocks.js";
import type { ModelParts } from "./model.js";
import type { ModelRecord } from "./model-record.js";
import { fitRecurrentBlocks, projectParts, unprojectBlockParameters } from "./recurrent-blocks.js";
import type { RunOptions } from "./run.js";
import type { recurrentKind } from "./training-settings.js";

/** A clip to learn from. */
export interface Example {
  readonly label: string;
  /** float32 [T, dimension], not standardised */
  readonly features: Float32Array;
}

/** What the logits were divided by before the softmax, so that confidences are what they seem. */
export interface Temperatures {
  /** Of the model's own probabilities. */
  readonly model: number;
  /** Of the mean-pool baseline's. */
  readonly meanPool: number;
}

/** A classifier, and what its training came to. */
export interface FittedClassifier {
  /** The temperatures are folded into the weights: nothing that computes them needs to know. */
  readonly parts: Omit<ModelParts, "record">;
  readonly temperatures: Temperatures;
  readonly history: FitResult["history"];
  /** The epoch whose weights were kept, from 1; 0 without a recurrent network. */
  readonly bestEpoch: number;
  /** How it does on the clips held out; null where there are none. */
  readonly validation: ModelRecord["validation"];
}

/** What decides how a classifier is fitted. */
export interface ClassifierSettings extends RecurrentSettings {
  /** What tells the classes apart. Default "recurrent", or the mean-pool baseline where there is no network. */
  readonly head?: Head;
  /**
   * The network learns from few components of each block, and from the clips' mirror images where a block has one. Its
   * weights are those of whole vectors none the less. Only for the input "changes".
   */
  readonly isProjected?: boolean;
}

/** What the classifiers' parameters are sized by. */
export interface ClassifierSizes {
  readonly classes: readonly string[];
  /** Values of a feature vector. */
  readonly dimension: number;
  /** What the vectors are joined from; needed for the head "linear" or "ensemble", and where the network is projected. */
  readonly blocks?: readonly FeatureBlock[];
}

/**
 * Fits all that is learned, on the training clips alone; the held-out ones decide when the network stops, and the
 * temperatures.
 *
 * @param temperatures those of an earlier fit, where no clips are held out to find them by
 */
export async function fitClassifier(
  kind: ReturnType<typeof recurrentKind>,
  training: readonly Example[],
  heldOut: readonly Example[],
  sizes: ClassifierSizes,
  settings: ClassifierSettings,
  options: RunOptions & KeptTraining,
  temperatures?: Temperatures,
): Promise<FittedClassifier> {
  const { classes, dimension, blocks = [] } = sizes;
  const { head = "recurrent" } = settings;
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const sequencesOf = (part: readonly Example[]): SplitSequences => {
    const standardised = part.map(({ features }) => standardise(features, standardisation));
    return {
      x: part.map(({ features }, index) => {
        if (settings.input === "features") return features;
        if (settings.input === "standardised") return standardiseSteps(features, standardisation);
        return standardised[index]!.changes;
      }),
      context: standardised.map(({ context }) => context),
      y: part.map(({ label }) => classes.indexOf(label)),
    };
  };
  const data = sequencesOf(training);
  const held = heldOut.length > 0 ? sequencesOf(heldOut) : undefined;
  const baseline = await fitMeanPool(data.context, data.y, { classes: classes.length, dimension });
  const meanPool = await calibrateSoftmax(
    baseline,
    held && {
      truth: held.y,
      predict: async (layer) => held.context.map((context) => predictMeanPool(layer, context)),
    },
    temperatures?.meanPool,
  );
  const network =
    kind &&
    head !== "linear" &&
    (await fitNetwork(
      kind,
      {
        training: data,
        held,
        mirrored: sequencesOf(settings.isProjected ? mirrorImages(training, blocks) : []),
      },
      sizes,
      settings,
      options,
      // Beside another head, the two are calibrated together.
      head === "ensemble" ? 1 : temperatures?.model,
    ));
  const linear =
    head === "linear" || head === "ensemble"
      ? fitLinear(training, data.y, heldOut, blocks, classes.length)
      : undefined;
  const joint =
    linear &&
    (await findTemperature(
      held && {
        truth: held.y,
        predict: async (temperature) =>
          linear.heldOut.map((logits, clip) => together(logits, network, clip, temperature)),
      },
      classes.length,
      temperatures?.model,
    ));
  const judged: FoundTemperature = joint ?? (network ? network.calibrated : meanPool);
  return {
    parts: {
      standardisation,
      meanPool: meanPool.layer,
      parameters: parametersOf(network, joint),
      ...(linear && joint ? { linear: atTemperature(linear.layer, joint.temperature) } : {}),
    },
    temperatures: { model: judged.temperature, meanPool: meanPool.temperature },
    history: network ? network.history : [],
    bestEpoch: network ? network.bestEpoch : 0,
    validation:
      held && judged.figures && meanPool.figures
        ? { n: held.y.length, meanPool: meanPool.figures.accuracy, ...judged.figures }
        : null,
  };
}

/** A linear head, and the probabilities that it gives for the clips held out. */
interface FittedLinear {
  readonly layer: SoftmaxLayer;
  readonly heldOut: readonly Float32Array[];
}

/**
 * Fits a linear head to training clips.
 *
 * @param labels the index of each one's class
 */
export function fitLinear(
  training: readonly Example[],
  labels: readonly number[],
  heldOut: readonly Example[],
  blocks: readonly FeatureBlock[],
  classes: number,
): FittedLinear {
  const pooling = usualPooling(blocks);
  const pooled = ({ features }: Example): Float32Array => poolBlocks(features, pooling);
  const layer = fitLinearBlocks(training.map(pooled), labels, blocks, classes);
  return { layer, heldOut: heldOut.map((clip) => predictSoftmax(layer, pooled(clip))) };
}

/** What the linear head, and the network where there is one, say of a clip held out. */
function together(
  linear: Float32Array,
  network: FittedNetwork | null | false,
  clip: number,
  temperature: number,
): Float32Array {
  const other = network ? network.heldOut?.[clip] : undefined;
  return logMean(linear, other ?? linear, temperature);
}

/** The network's parameters, the temperature of both heads folded in where there are two. */
function parametersOf(
  network: FittedNetwork | null | false,
  joint: FoundTemperature | undefined,
): FittedNetwork["parameters"] {
  if (!network) return {};
  if (!joint) return network.parameters;
  const { "head.kernel": kernel, "head.bias": bias } = network.parameters;
  const layer = atTemperature({ kernel: kernel!, bias: bias! }, joint.temperature);
  return { ...network.parameters, "head.kernel": layer.kernel, "head.bias": layer.bias };
}

/** The clips as a network sees them. */
interface NetworkData {
  readonly training: SplitSequences;
  readonly held: SplitSequences | undefined;
  /** Mirror images of the training clips; empty where none are made. */
  readonly mirrored: SplitSequences;
}

/** Trains the network, on projected clips where it is to be. */
async function fitNetwork(
  kind: NonNullable<ReturnType<typeof recurrentKind>>,
  { training, held, mirrored: images }: NetworkData,
  { classes, dimension, blocks = [] }: ClassifierSizes,
  settings: ClassifierSettings,
  options: RunOptions & KeptTraining,
  temperature: number | undefined,
): Promise<FittedNetwork> {
  if (!settings.isProjected || settings.input !== "changes") {
    const sizes = { classes, dimension, contextSize: dimension };
    return fitRecurrent(kind, training, held, sizes, settings, options, temperature);
  }
  const projection = fitRecurrentBlocks(training, blocks);
  const data = projectParts(
    {
      x: [...training.x, ...images.x],
      context: [...training.context, ...images.context],
      y: [...training.y, ...images.y],
    },
    projection,
  );
  const few = {
    classes,
    dimension: projectedSize(projection.changes),
    contextSize: projectedSize(projection.context),
  };
  const judged = held && projectParts(held, projection);
  const fitted = await fitRecurrent(kind, data, judged, few, settings, options, temperature);
  return { ...fitted, parameters: unprojectBlockParameters(fitted.parameters, projection) };
}
