import fc from "fast-check";

/** Predictions of some classes, and the truth. */
export interface Predictions {
  /** Each float32 [classes], summing to 1. */
  readonly probabilities: readonly Float32Array[];
  readonly truth: readonly number[];
  readonly classes: readonly string[];
}

/** Any predictions of 2 to 5 classes, some of them almost certain, at least `fewest` of them. */
export function predictions(fewest = 1): fc.Arbitrary<Predictions> {
  return fc.integer({ min: 2, max: 5 }).chain((size) => {
    const row = fc.record({
      logits: fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
        minLength: size,
        maxLength: size,
      }),
      label: fc.nat(size - 1),
    });
    return fc.array(row, { minLength: fewest, maxLength: fewest + 30 }).map((rows) => ({
      probabilities: rows.map(({ logits }) => softmax(logits)),
      truth: rows.map(({ label }) => label),
      classes: Array.from({ length: size }, (_, index) => `class ${index}`),
    }));
  });
}

/** exp(logits) over their sum. */
export function softmax(logits: readonly number[]): Float32Array {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
