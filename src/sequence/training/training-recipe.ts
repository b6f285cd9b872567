import { createHash } from "node:crypto";
import { digestOf } from "../../core/digest.js";
import type { GraphParameters } from "../parameters.js";
import type { ChosenFitOptions } from "./fit-options.js";
import type { TrainedNetwork } from "./trained-network.js";
import type { HeldOut, LabelledSequences } from "./training-data.js";

/**
 * A digest of all that decides a training: the network, its weights at the start, the data, the options, the random
 * source. Only how long it goes on is left out where the steps before do not depend on it, so that a training can be
 * resumed for more epochs.
 */
export function trainingRecipe(
  { shape, dropout, inputDropout, engine }: TrainedNetwork,
  initial: GraphParameters,
  data: HeldOut,
  options: ChosenFitOptions,
  random: readonly number[],
): string {
  const { checkpoint, resume, log, onEpoch, signal, epochs, patience, ...deciding } = options;
  return digestOf({
    shape,
    engine: engine.name,
    dropout,
    inputDropout,
    options: {
      ...deciding,
      // Infinity is no JSON.
      clip: options.clip && { by: options.clip.by, limit: String(options.clip.limit) },
      clipNorm: undefined,
      epochs: options.schedule.type === "cosine" ? epochs : undefined,
    },
    random,
    initial: Object.entries(initial).map(([name, { data: values }]) => [name, digest([values])]),
    training: digestOfSequences(data),
    validation: data.validation ? digestOfSequences(data.validation) : undefined,
  });
}

function digestOfSequences({ x, y, context }: LabelledSequences): readonly string[] {
  const targets = y.map((target) =>
    typeof target === "number" ? Float64Array.of(target) : Float64Array.from(target),
  );
  return [digest(x), digest(targets), digest(context ?? [])];
}

/** Of the values and of the lengths, so that it matters where one array ends. */
function digest(arrays: readonly (Float32Array | Float64Array)[]): string {
  const hash = createHash("sha256");
  hash.update(Float64Array.from(arrays, ({ length }) => length));
  for (const values of arrays) hash.update(values);
  return hash.digest("hex");
}
