import { MuybridgeError } from "../core/errors.js";
import type { FeatureChoices } from "./feature-stage.js";
import { type NetworkRecipe, usualRecipe } from "./network-recipe.js";
import type { RecurrentKind, TrainingSettings } from "./training-settings.js";

/** What a preset may choose; a caller's own choices go before it. */
export type PresetChoices = FeatureChoices &
  Partial<TrainingSettings> & { readonly rnn?: RecurrentKind; readonly refit?: boolean };

/** A training as it is done elsewhere, under one name. */
export interface Preset {
  readonly choices: PresetChoices;
  readonly recipe: NetworkRecipe;
}

/** The presets, by their names. */
const presets = {
  /**
   * MATLAB's example "Classify Videos Using Deep Learning": every frame, its middle square, through GoogLeNet to
   * pool5; the sequence as it is to a BiLSTM of 2000 units a direction, its last states to dropout and softmax.
   * What differs is told in docs/recurrent-model.md.
   */
  "matlab-googlenet": {
    choices: {
      cnn: "googlenet",
      every: 1,
      limit: 400,
      fit: "crop",
      rnn: "bilstm",
      hidden: 2000,
      layers: 1,
      dropout: 0.5,
      learningRate: 1e-4,
      batchSize: 16,
      epochs: 30,
      // MATLAB looks at the validation clips but does not stop for them, nor train on them later.
      patience: 30,
      refit: false,
    },
    recipe: { input: "features", pooling: "last", inputDropout: 0, weightDecay: 0, clipNorm: 2 },
  },
} as const satisfies Record<string, Preset>;

/** Name of a preset, as `--preset` takes it. */
export type PresetName = keyof typeof presets;

/** Names of the presets. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/** Ways to sample a clip, of which a caller's replaces the preset's. */
const samplingWays = ["count", "fps", "keyframes", "every"] as const;

/**
 * Fills in what a preset chooses and the caller does not.
 *
 * @throws MuybridgeError ERR_USAGE listing the presets where there is none of that name.
 */
export function withPreset<Choices extends PresetChoices>(
  given: Choices,
  name: PresetName | undefined,
): { readonly choices: Choices; readonly recipe: NetworkRecipe } {
  if (name === undefined) return { choices: given, recipe: usualRecipe };
  if (!Object.hasOwn(presets, name)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `preset must be one of ${presetNames.join(", ")}; it is ${name}.`,
      { parameter: "preset" },
    );
  }
  const { choices, recipe } = presets[name];
  const said = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Choices;
  const { every, limit, ...others } = choices;
  const otherWay = samplingWays.some((way) => way !== "every" && said[way] !== undefined);
  return { choices: { ...others, ...(otherWay ? {} : { every, limit }), ...said }, recipe };
}
