import { mostLikely } from "./most-likely.js";

/** Bins of the calibration error. */
const calibrationBins = 15;

/** Probabilities below this count as this much in the log loss, so that one certain error is not infinite. */
const smallestProbability = 1e-12;

/**
 * Mean negative log-likelihood of the true class, in nats.
 *
 * @param probabilities each float32 [classes]
 * @param truth the index of each one's class
 */
export function logLoss(probabilities: readonly Float32Array[], truth: readonly number[]): number {
  const sum = probabilities.reduce(
    (loss, row, index) => loss - Math.log(Math.max(row[truth[index]!]!, smallestProbability)),
    0,
  );
  return sum / truth.length;
}

/**
 * Expected calibration error over bins of equal width (Guo et al. 2017): by how much the confidence in the most likely
 * class differs from the part that is told right, in [0, 1].
 *
 * @param probabilities each float32 [classes]
 * @param truth the index of each one's class
 */
export function calibrationError(
  probabilities: readonly Float32Array[],
  truth: readonly number[],
): number {
  const bins = Array.from({ length: calibrationBins }, () => ({ confidence: 0, right: 0 }));
  for (const [index, row] of probabilities.entries()) {
    const best = mostLikely(row);
    const bin = bins[Math.min(calibrationBins - 1, Math.floor(row[best]! * calibrationBins))]!;
    bin.confidence += row[best]!;
    bin.right += best === truth[index] ? 1 : 0;
  }
  // |bin| / n · |accuracy - confidence| is the difference of the two sums over n.
  return bins.reduce((sum, bin) => sum + Math.abs(bin.right - bin.confidence), 0) / truth.length;
}
