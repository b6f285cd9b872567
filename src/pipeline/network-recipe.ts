/** What the recurrent layers see: a clip's changes, its mean going to the head (decision 2), or its features as they are. */
export const networkInputs = ["changes", "features"] as const;

/** One of {@link networkInputs}. */
export type NetworkInput = (typeof networkInputs)[number];

/** What decides a training beside the numbers that a user chooses. */
export interface NetworkRecipe {
  readonly input: NetworkInput;
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
  inputDropout: 0.5,
  weightDecay: 2,
  clipNorm: 2,
};

/** Vectors of at least as many values are like those of a CNN, whose smallest have as many. */
const manyValues = 256;

/**
 * The recipe for sequences that do not come from videos: of vectors of many values the usual one; of few, each of
 * which is a measurement that may decide, none is dropped, and weights hardly decay.
 */
export function sequenceRecipe(dimension: number): NetworkRecipe {
  if (dimension >= manyValues) return usualRecipe;
  return { ...usualRecipe, inputDropout: 0, weightDecay: 0.01 };
}
