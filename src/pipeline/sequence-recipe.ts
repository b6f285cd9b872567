import { type NetworkRecipe, usualRecipe } from "./network-recipe.js";
import { defaultTrainingSettings, type TrainingSettings } from "./training-settings.js";

/** Vectors of at least as many values are like those of a CNN, of which the smallest have as many. */
const manyValues = 256;

/** How sequences that do not come from videos are learned from, where no preset says another way. */
export interface SequenceRecipe {
  readonly recipe: NetworkRecipe;
  /** The settings where none are given. */
  readonly defaults: TrainingSettings;
}

/**
 * Vectors of many values are treated like those of videos. Of few, each is a measurement that may decide, so none is
 * dropped. Such signals are long, and what tells them may be anywhere in them: the head sees the largest value of each
 * state rather than the last. With few weights on the input the loss falls slowly, so that steps are longer and more.
 */
export function sequenceRecipe(dimension: number): SequenceRecipe {
  if (dimension >= manyValues) return { recipe: usualRecipe, defaults: defaultTrainingSettings };
  return {
    recipe: { ...usualRecipe, pooling: "max", inputDropout: 0, weightDecay: 1 },
    defaults: { ...defaultTrainingSettings, learningRate: 0.005, epochs: 120, patience: 30 },
  };
}
