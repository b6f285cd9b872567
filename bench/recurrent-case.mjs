import { createRandom } from "../dist/src/core/random.js";

/**
 * A piece of work of a recurrent network, as both sides take it (bench/peer/recurrent.py too).
 *
 * @typedef {object} RecurrentCase
 * @property {"train" | "predict"} work a whole training step, or the probabilities of a batch
 * @property {number} steps of the longest sequence
 * @property {number} inputSize values of a vector
 * @property {number} hidden units of each direction
 * @property {number} batch sequences
 * @property {number} classes
 * @property {number} threads
 * @property {number} repeats measured ones
 */

/**
 * What a process measured.
 *
 * @typedef {object} RecurrentMeasurement
 * @property {number[]} wall seconds of each repeat
 * @property {number[]} cpu seconds of CPU time, user and system, of each repeat
 * @property {number} peak megabytes resident at most
 */

/** Lengths of a case's sequences: the first is the longest, the others have from half of its steps to all. */
export function lengthsOf(/** @type {RecurrentCase} */ { steps, batch }) {
  return Array.from({ length: batch }, (_, i) => steps - Math.floor((steps * i) / (2 * batch)));
}

/** Sequences of random values and their classes. */
export function sequencesOf(/** @type {RecurrentCase} */ item) {
  const random = createRandom("bench");
  const x = lengthsOf(item).map((length) =>
    Float32Array.from({ length: length * item.inputSize }, () => random.uniform(-1.7, 1.7)),
  );
  return { x, y: x.map((_, i) => i % item.classes) };
}

/**
 * Floating-point operations of a training step or a prediction of a BiLSTM's matrix products, without the padding: a
 * product with each kernel forwards, one for its gradient, and, for the recurrent kernel, one on the way back.
 */
export function flopsOf(/** @type {RecurrentCase} */ item) {
  const steps = lengthsOf(item).reduce((sum, length) => sum + length, 0);
  const gates = 2 * 4 * item.hidden;
  const [ofInput, ofState] = item.work === "train" ? [2, 3] : [1, 1];
  return 2 * steps * gates * (ofInput * item.inputSize + ofState * item.hidden);
}
