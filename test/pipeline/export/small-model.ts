import { openContentStore } from "../../../src/core/content-store.js";
import { createRandom } from "../../../src/core/random.js";
import { describeCnn } from "../../../src/features/describe-cnn.js";
import type { StreamName } from "../../../src/features/streams/feature-stream.js";
import { featureBlocks } from "../../../src/pipeline/feature-blocks.js";
import { fitClassifier } from "../../../src/pipeline/fit-classifier.js";
import { linearBlocks } from "../../../src/pipeline/linear-blocks.js";
import { createModel, type Model } from "../../../src/pipeline/model.js";
import { featureDimension, modelFormatVersion } from "../../../src/pipeline/model-record.js";
import {
  type NetworkInput,
  perFrameRecipe,
  streamRecipe,
  usualRecipe,
} from "../../../src/pipeline/network-recipe.js";
import {
  defaultTrainingSettings,
  type RecurrentKind,
  recurrentKind,
} from "../../../src/pipeline/training-settings.js";

/** What a model of {@link trainSmallModel} is like. */
export interface SmallModelOptions {
  readonly rnn: RecurrentKind;
  readonly input?: NetworkInput;
  /** Labels each frame; `input` is then the recipe's own. */
  readonly isPerFrame?: boolean;
  readonly layers?: number;
  /** Default: the network alone, or the mean-pool baseline where there is none. */
  readonly head?: "linear" | "ensemble";
  /** Default: the frames alone. */
  readonly streams?: readonly StreamName[];
  /** Values of a frame's features, of each stream of the CNN. Default: what the CNN gives. */
  readonly dimension?: number;
  readonly cnn?: string;
  /** What the first frame gives, where sequences are to be like those of a CNN: float32 [dimension]. */
  readonly around?: Float32Array;
  /** Where what is learned of the CNN is kept. */
  readonly cacheDir: string;
}

const classes = ["down", "still", "up"];

/**
 * A model that was trained for a few epochs on sequences that rise, fall or stay, in a few values among which one
 * hardly varies at all. With a head beside it, the network is trained on projected blocks, as `train` does it.
 */
export async function trainSmallModel(options: SmallModelOptions): Promise<Model> {
  const { rnn, input = "changes", layers = 1, cnn = "mobilenet-v2", head } = options;
  const described = await describeCnn({ cnn }, openContentStore(options.cacheDir));
  const features = {
    kind: "video",
    decoder: "libav",
    plan: { count: 4 },
    fit: "stretch",
    streams: options.streams ?? ["rgb"],
    cnn: {
      choice: { cnn },
      id: described.id,
      digest: described.digest,
      dimension: options.dimension ?? described.dimension,
      inputSize: described.inputSize,
    },
  } as const;
  const dimension = featureDimension({ features });
  const blocks = featureBlocks(features);
  const kind = head === "linear" ? null : recurrentKind(rnn);
  const examples = Array.from({ length: 24 }, (_, index) => ({
    label: classes[index % 3]!,
    features: sequence(
      `clip ${index}`,
      4 + (index % 5),
      dimension,
      (index % 3) - 1,
      options.around,
    ),
  }));
  const settings = { ...defaultTrainingSettings, hidden: 6, layers, epochs: 3, learningRate: 0.05 };
  const usual = head ? streamRecipe : usualRecipe;
  const recipe = options.isPerFrame ? perFrameRecipe({ ...usual, input }) : { ...usual, input };
  // So few clips are told by heart, and then there would be one probability and nothing to compare.
  const temperatures = { model: head ? 4 : 1, meanPool: 1 };
  const fitted = await fitClassifier(
    kind,
    examples,
    [],
    { classes, dimension, blocks },
    { ...settings, ...recipe, ...(head ? { head, isProjected: true } : {}) },
    {},
    temperatures,
  );
  return createModel({
    ...fitted.parts,
    record: {
      format: "muybridge",
      version: modelFormatVersion,
      task: "classification",
      classes,
      head: head ?? (kind ? "recurrent" : "meanpool"),
      linear: head ? { blocks: linearBlocks(blocks) } : null,
      features,
      network: kind && {
        ...kind,
        layers,
        hidden: settings.hidden,
        dropout: 0.5,
        input: recipe.input,
        pooling: recipe.pooling,
        ...(options.isPerFrame ? { output: "sequence" as const } : {}),
      },
      training: {
        recipe: described.digest,
        seed: 1,
        batchSize: 16,
        learningRate: 0.05,
        epochs: 3,
        patience: 8,
        bestEpoch: fitted.bestEpoch,
        temperature: temperatures.model,
        meanPoolTemperature: temperatures.meanPool,
        refit: false,
        history: [...fitted.history],
        data: {
          name: "sequences",
          split: "stratified",
          clips: { train: 24, validation: 0, test: 0 },
          failed: 0,
        },
      },
      splits: {},
      clips: {},
      validation: null,
      muybridge: "0.1.0",
    },
  });
}

/** A sequence under an offset; its first value is nearly constant, as some of a CNN's are. */
export function sequence(
  seed: string,
  steps: number,
  dimension: number,
  slope = 0,
  around?: Float32Array,
): Float32Array {
  const random = createRandom(seed);
  const offset = Array.from({ length: dimension }, () => random.normal());
  return Float32Array.from({ length: steps * dimension }, (_, i) => {
    const d = i % dimension;
    const t = Math.floor(i / dimension);
    if (around)
      return around[d]! * (1 + 0.3 * offset[d]! + 0.1 * slope * t) + 0.01 * random.normal();
    if (d === 0) return 1 + 1e-4 * random.normal();
    return offset[d]! + slope * t * 0.3 + 0.1 * random.normal();
  });
}

/** Largest difference between two rows of numbers of the same length; infinite for others. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
