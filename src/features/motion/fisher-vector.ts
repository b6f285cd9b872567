import type { Codebook } from "./cuboid-codebook.js";

/** Adds descriptors up about the words of a codebook. */
export interface FisherEncoder {
  /**
   * @param descriptor float32 [size]
   * @param sum float32 [words, components], added to
   */
  add(descriptor: Float32Array, sum: Float32Array): void;
}

/**
 * The slope of a mixture's log likelihood along the means of its Gaussians (the first-order Fisher vector of Perronnin,
 * Sánchez & Mensink 2010), not yet divided by the number of descriptors: for word k and component d,
 * p(k|z) · (z_d - mean_kd) / (deviation_kd · √weight_k), z the descriptor's principal components.
 */
export function createFisherEncoder(codebook: Codebook): FisherEncoder {
  const { mean, axes, weights, means, deviations } = codebook;
  const words = weights.length;
  const components = means.length / words;
  const inverse = Float64Array.from(deviations, (deviation) => 1 / deviation);
  const rootWeights = Float64Array.from(weights, Math.sqrt);
  const constants = Float64Array.from(weights, (weight, k) => {
    let log = Math.log(weight);
    for (let d = 0; d < components; d++) log += Math.log(inverse[k * components + d]!);
    return log;
  });
  const z = new Float64Array(components);
  const away = new Float64Array(words * components);
  const likelihoods = new Float64Array(words);
  return {
    add(descriptor, sum) {
      z.fill(0);
      for (let i = 0; i < mean.length; i++) {
        const value = descriptor[i]! - mean[i]!;
        for (let d = 0; d < components; d++) z[d]! += value * axes[i * components + d]!;
      }
      let highest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < words; k++) {
        let squares = 0;
        for (let d = 0; d < components; d++) {
          const i = k * components + d;
          const distance = (z[d]! - means[i]!) * inverse[i]!;
          away[i] = distance;
          squares += distance * distance;
        }
        const log = constants[k]! - squares / 2;
        likelihoods[k] = log;
        if (log > highest) highest = log;
      }
      let total = 0;
      for (let k = 0; k < words; k++) {
        // What is e^-20 of the likeliest is of no weight.
        const relative = likelihoods[k]! - highest;
        likelihoods[k] = relative < -20 ? 0 : Math.exp(relative);
        total += likelihoods[k]!;
      }
      for (let k = 0; k < words; k++) {
        if (likelihoods[k] === 0) continue;
        const share = likelihoods[k]! / (total * rootWeights[k]!);
        for (let i = k * components; i < (k + 1) * components; i++) sum[i]! += share * away[i]!;
      }
    },
  };
}
