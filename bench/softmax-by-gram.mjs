/** A linear classifier over blocks of features, by the products of the clips: few clips, many values. */

/**
 * @typedef {readonly Float32Array[]} Block a vector for each clip, all of one length
 * @typedef {{ readonly block: Block, readonly weight: number }} WeightedBlock
 */

/**
 * Softmax regression with l2/2 · |kernel|² by accelerated gradient descent over the products of clips. Each block is
 * standardised with the mean and deviation of the training clips and scaled to equal energy.
 *
 * @param {readonly WeightedBlock[]} blocks
 * @param {readonly number[]} labels of all clips
 * @param {readonly number[]} train indices of the training clips
 * @param {{ readonly classes: number, readonly l2: number }} options
 * @returns {(clip: number) => number[]} probabilities of the classes
 */
export function fitSoftmax(blocks, labels, train, { classes, l2 }) {
  const n = train.length;
  const products = sumOfProducts(blocks, train);
  const weights = new Float64Array(n * classes);
  const ahead = new Float64Array(n * classes);
  const bias = new Float64Array(classes);
  const biasAhead = new Float64Array(classes);
  let largest = 0;
  for (const clip of train) {
    const row = products.subarray(clip * n, (clip + 1) * n);
    largest = Math.max(
      largest,
      row.reduce((sum, value) => sum + Math.abs(value), 0),
    );
  }
  const curvature = largest / (2 * n) + l2 + 0.3;
  const ratio = Math.sqrt(l2 / curvature);
  const momentum = (1 - ratio) / (1 + ratio);
  /** @param {number} clip */
  const predict = (clip, kernel = weights, offset = bias) => {
    const logits = Array.from(offset);
    for (let j = 0; j < n; j++) {
      const product = products[clip * n + j] ?? 0;
      for (let c = 0; c < classes; c++) {
        logits[c] = (logits[c] ?? 0) + product * (kernel[j * classes + c] ?? 0);
      }
    }
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  };
  for (let round = 0; round < 400; round++) {
    const excess = train.map((clip) =>
      predict(clip, ahead, biasAhead).map((p, c) => (p - (labels[clip] === c ? 1 : 0)) / n),
    );
    const descend = (
      /** @type {Float64Array} */ values,
      /** @type {Float64Array} */ next,
      /** @type {number} */ i,
      /** @type {number} */ slope,
    ) => {
      const moved = (next[i] ?? 0) - slope / curvature;
      next[i] = moved + momentum * (moved - (values[i] ?? 0));
      values[i] = moved;
    };
    for (const [j, row] of excess.entries()) {
      for (const [c, slope] of row.entries()) {
        const i = j * classes + c;
        descend(weights, ahead, i, slope + l2 * (ahead[i] ?? 0));
      }
    }
    for (let c = 0; c < classes; c++) {
      descend(
        bias,
        biasAhead,
        c,
        excess.reduce((sum, row) => sum + (row[c] ?? 0), 0),
      );
    }
  }
  return (clip) => predict(clip);
}

/**
 * @param {readonly WeightedBlock[]} blocks
 * @param {readonly number[]} train
 * @returns float64 [clips, train]
 */
function sumOfProducts(blocks, train) {
  const clips = blocks[0]?.block.length ?? 0;
  const products = new Float64Array(clips * train.length);
  for (const { block, weight } of blocks) {
    const standardised = standardise(block, train, weight);
    for (const [i, a] of standardised.entries()) {
      for (const [j, clip] of train.entries()) {
        const b = standardised[clip] ?? a;
        let sum = 0;
        for (let d = 0; d < a.length; d++) sum += (a[d] ?? 0) * (b[d] ?? 0);
        products[i * train.length + j] = (products[i * train.length + j] ?? 0) + sum;
      }
    }
  }
  return products;
}

/**
 * @param {Block} block
 * @param {readonly number[]} train
 * @param {number} weight
 */
function standardise(block, train, weight) {
  const length = block[0]?.length ?? 0;
  const mean = new Float64Array(length);
  const square = new Float64Array(length);
  for (const clip of train) {
    for (const [d, value] of (block[clip] ?? []).entries()) {
      mean[d] = (mean[d] ?? 0) + value / train.length;
      square[d] = (square[d] ?? 0) + value ** 2 / train.length;
    }
  }
  const scale = mean.map((m, d) => {
    const variance = (square[d] ?? 0) - m ** 2;
    return variance > 1e-10 ? weight / Math.sqrt(variance * length) : 0;
  });
  return block.map((vector) =>
    vector.map((value, d) => (value - (mean[d] ?? 0)) * (scale[d] ?? 0)),
  );
}
