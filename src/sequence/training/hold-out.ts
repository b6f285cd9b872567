import { MuybridgeError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { HeldOut, LabelledSequences, TrainingData } from "./training-data.js";

/**
 * Takes the validation part from the training data where a fraction is asked for: whole groups, drawn at random,
 * so that what sequences of one group share cannot be learned by heart and then be taken for skill.
 *
 * @throws MuybridgeError ERR_USAGE where the fraction is not in (0, 1), there are not as many groups as
 * sequences, or nothing would be left to train on.
 */
export function holdOut(data: TrainingData, random: Random): HeldOut {
  const { x, y, context, groups, validation } = data;
  if (groups && groups.length !== x.length) {
    throw usage("groups", `There must be a group for each of the ${x.length} sequences.`);
  }
  const part = (indices: readonly number[]): LabelledSequences => ({
    x: indices.map((index) => x[index]!),
    y: indices.map((index) => y[index]!),
    ...(context ? { context: indices.map((index) => context[index]!) } : {}),
  });
  if (typeof validation !== "number") {
    return { x, y, ...(context ? { context } : {}), ...(validation ? { validation } : {}) };
  }
  if (!(validation > 0 && validation < 1)) {
    throw usage("validation", `validation must be a fraction in (0, 1); it is ${validation}.`);
  }
  const groupOf = (index: number): string | number => groups?.[index] ?? index;
  const all = [...x.keys()];
  const order = random.shuffle([...new Set(all.map(groupOf))]);
  const held = new Set<string | number>();
  for (const group of order) {
    if (all.filter((index) => held.has(groupOf(index))).length >= validation * x.length) break;
    held.add(group);
  }
  if (held.size === order.length) {
    throw usage("validation", "There are too few groups to hold some of them out.");
  }
  return {
    ...part(all.filter((index) => !held.has(groupOf(index)))),
    validation: part(all.filter((index) => held.has(groupOf(index)))),
  };
}

function usage(parameter: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter });
}
