import type { Output, Pooling } from "../sequence/network-shape.js";
import { defaultTrainingSettings, type TrainingSettings } from "./training-settings.js";

/**
 * What the recurrent layers see: a clip's changes, its mean going to the head (decision 2); its features as they are; or
 * those brought to deviation 1, each frame by itself.
 */
export const networkInputs = ["changes", "features", "standardised"] as const;

/** One of {@link networkInputs}. */
export type NetworkInput = (typeof networkInputs)[number];

/** What decides a training beside the numbers that a user chooses. */
export interface NetworkRecipe {
  readonly input: NetworkInput;
  /** Whether it labels a whole clip or each of its frames. Default "last". */
  readonly output?: Output;
  /** What its head sees of the states. */
  readonly pooling: Pooling;
  /** Part of an input's values that is dropped while training, the same ones all through a clip. */
  readonly inputDropout: number;
  /** Part of each weight that decays, times the learning rate. */
  readonly weightDecay: number;
  /** Largest norm of all gradients together. */
  readonly clipNorm: number;
}

/**
 * The recipe where no preset says another. Half of the input is dropped, since no single value of the CNN is to be
 * relied on. Weights decay strongly, since features have far more dimensions than there are clips; 2 was chosen by
 * the log loss on groups left out of training.
 */
export const usualRecipe: NetworkRecipe = {
  input: "changes",
  pooling: "last",
  inputDropout: 0.5,
  weightDecay: 2,
  clipNorm: 2,
};

/**
 * The recipe of a network over several streams, which is trained on few components of each: what is left of the input
 * is all of use, so that less of it is dropped and weights decay less. Chosen on groups left out of training.
 */
export const streamRecipe: NetworkRecipe = {
  ...usualRecipe,
  pooling: "attention",
  inputDropout: 0.3,
  weightDecay: 1,
};

/** The settings of such a network where none are given: more units learn clips by heart. */
export const streamSettings: TrainingSettings = { ...defaultTrainingSettings, hidden: 64 };

/**
 * A recipe's counterpart that labels each frame. The mean of a whole video of many scenes says nothing of one of them, so
 * that every frame is standardised by itself.
 */
export function perFrameRecipe(recipe: NetworkRecipe): NetworkRecipe {
  const input = recipe.input === "features" ? "features" : "standardised";
  return { ...recipe, input, pooling: "last", output: "sequence" };
}
