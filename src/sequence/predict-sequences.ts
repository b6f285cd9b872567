import { MuybridgeError } from "../core/errors.js";
import type { SequenceModel } from "./sequence-model.js";
import type { StatefulPredictor } from "./stateful-predictor.js";

/** Sequences that are computed at once. */
const sequencesAtOnce = 64;

/** Predicts many sequences, those of like length together, so that little is padded. */
export async function predictMany(
  model: SequenceModel,
  x: readonly Float32Array[],
  context?: readonly Float32Array[],
): Promise<Float32Array[]> {
  const results = Array<Float32Array>(x.length);
  const order = [...x.keys()].sort((a, b) => x[a]!.length - x[b]!.length || a - b);
  for (let first = 0; first < order.length; first += sequencesAtOnce) {
    const members = order.slice(first, first + sequencesAtOnce);
    const predicted = await model.predictBatch(
      members.map((index) => x[index]!),
      context && members.map((index) => context[index]!),
    );
    for (const [place, index] of members.entries()) results[index] = predicted[place]!;
  }
  return results;
}

/** Most steps of a forecast. */
const maxForecast = 1_000_000;

/**
 * Feeds predictions back: each becomes the next input.
 *
 * @param x float32 [T, size]: what is known
 * @returns float32 [steps, size]
 * @throws MuybridgeError ERR_USAGE for a number of steps out of range.
 */
export async function forecast(
  predictor: StatefulPredictor,
  x: Float32Array,
  steps: number,
  size: number,
): Promise<Float32Array> {
  if (!(Number.isInteger(steps) && steps >= 1 && steps <= maxForecast)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `steps must be a whole number from 1 to ${maxForecast}; it is ${steps}.`,
      { parameter: "steps" },
    );
  }
  const values = new Float32Array(steps * size);
  let part = x;
  for (let step = 0; step < steps; step++) {
    // The last row: of the one result, or of the results of all steps.
    part = (await predictor.predictAndUpdateState(part)).slice(-size);
    values.set(part, step * size);
  }
  return values;
}
