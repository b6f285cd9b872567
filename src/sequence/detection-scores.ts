/** How well one label is told from all that is not it. Everything is in [0, 1] but the count. */
export interface DetectionScores {
  /** Part of what was given this label that bears it; 0 where nothing was given it. */
  readonly precision: number;
  /** Part of what bears this label that was given it; 0 where nothing bears it. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
  /** How many bear it. */
  readonly support: number;
}

/**
 * Precision, recall and F1 from counts.
 *
 * @param hits how many bear the label and were given it
 * @param given how many were given it
 * @param support how many bear it
 */
export function detectionScores(hits: number, given: number, support: number): DetectionScores {
  const precision = given > 0 ? hits / given : 0;
  const recall = support > 0 ? hits / support : 0;
  const f1 = hits > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support };
}

/** Mean of a score over labels, each weighted; 0 where all weights are. */
export function meanScore<Scores>(
  scores: readonly Scores[],
  pick: (scores: Scores) => number,
  weight: (scores: Scores) => number,
): number {
  const total = scores.reduce((sum, each) => sum + weight(each), 0);
  if (total === 0) return 0;
  return scores.reduce((sum, each) => sum + weight(each) * pick(each), 0) / total;
}
