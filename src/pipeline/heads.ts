/**
 * What tells the classes apart: a recurrent network over the steps; a linear classifier over the blocks pooled over
 * time; both, the mean of their log probabilities; or the mean-pool baseline alone.
 */
export const heads = ["recurrent", "linear", "ensemble", "meanpool"] as const;

/** One of {@link heads}. */
export type Head = (typeof heads)[number];

/** What a caller may ask for: one of the heads, or the one that does best on groups left out of training. */
export const headChoices = ["auto", "recurrent", "linear", "ensemble"] as const;

/** One of {@link headChoices}. */
export type HeadChoice = (typeof headChoices)[number];
