import { sha256 } from "../src/core/digest.js";
import { MuybridgeError } from "../src/core/errors.js";
import { type SplitItem, type Unit, unitsOf } from "./split-units.js";

/** Options of {@link assignFolds}. */
export interface FoldOptions {
  /** Number of folds, at least 2. */
  readonly folds: number;
  readonly seed: number;
}

/**
 * Deals clips out to K folds for cross-validation: whole groups, and copies of one content, to one fold, so that
 * no scene or person is both learned from and judged by; each class as evenly as its groups allow. The folds of a
 * clip depend on the clips' contents and the seed, not on their order.
 *
 * @returns the fold of each clip, from 0, in the order of the items
 * @throws MuybridgeError ERR_USAGE where there are fewer groups than folds; ERR_DATASET_INVALID where all clips of
 * a class would be held out at once, so that nothing could be learned of it.
 */
export function assignFolds(items: readonly SplitItem[], { folds, seed }: FoldOptions): number[] {
  if (!(Number.isInteger(folds) && folds >= 2)) {
    throw usage(`folds must be a whole number from 2 on; it is ${folds}.`);
  }
  const units = unitsOf(items);
  if (units.length < folds) {
    throw usage(
      `There are ${units.length} groups of clips, which are too few for ${folds} folds. Lower the number of folds, or add clips of other groups.`,
    );
  }
  const totals = countLabels(items, [...items.keys()]);
  const held = Array.from({ length: folds }, () => ({
    size: 0,
    labels: new Map<string, number>(),
  }));
  const assigned = new Array<number>(items.length).fill(0);
  for (const unit of inDealingOrder(units, seed)) {
    const own = countLabels(items, unit.members);
    // What the squares of each class's parts grow by: least where the unit's classes are rarest so far.
    const costs = held.map(({ labels }) =>
      [...own].reduce((cost, [label, count]) => {
        const before = labels.get(label) ?? 0;
        return cost + ((before + count) ** 2 - before ** 2) / totals.get(label)! ** 2;
      }, 0),
    );
    const lowest = Math.min(...costs);
    const fold = held
      .map(({ size }, index) => ({ size, index }))
      // Rounding must not decide between folds that are as good as each other.
      .filter(({ index }) => costs[index]! <= lowest + 1e-9)
      .reduce((a, b) => (b.size < a.size ? b : a)).index;
    const chosen = held[fold]!;
    chosen.size += unit.members.length;
    for (const [label, count] of own) {
      chosen.labels.set(label, (chosen.labels.get(label) ?? 0) + count);
    }
    for (const index of unit.members) assigned[index] = fold;
  }
  checkWhole(
    [...totals],
    held.map(({ labels }) => labels),
  );
  return assigned;
}

/** Refuses folds that hold out all clips of a class at once. */
function checkWhole(
  totals: readonly (readonly [string, number])[],
  held: readonly ReadonlyMap<string, number>[],
): void {
  const whole = totals.filter(([label, total]) =>
    held.some((labels) => labels.get(label) === total),
  );
  if (whole.length === 0) return;
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `All clips of ${whole.map(([label]) => label).join(", ")} are of one group, so that they can only be held out together. Add clips of another group, or leave the class out.`,
  );
}

/**
 * Holds out one group after the other: each group, and what shares content with it, is a fold of its own. Parts of
 * one video and copies of one content are a group where none is given.
 *
 * @returns the fold of each clip, from 0, in the order of the items
 * @throws MuybridgeError ERR_DATASET_INVALID where there is one group only, or all clips of a class are of one.
 */
export function assignGroupFolds(items: readonly SplitItem[]): number[] {
  const assigned = new Array<number>(items.length).fill(0);
  const units = unitsOf(items);
  for (const [fold, { members }] of units.entries()) {
    for (const index of members) assigned[index] = fold;
  }
  if (units.length < 2) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      "All clips are of one group, so that none can be left out. Add clips of another group.",
    );
  }
  checkWhole(
    [...countLabels(items, [...items.keys()])],
    units.map(({ members }) => countLabels(items, members)),
  );
  return assigned;
}

/** Large units first, as long as the folds are empty enough to even them out; among equals, by chance. */
function inDealingOrder(units: readonly Unit[], seed: number): Unit[] {
  return units
    .map((unit) => ({ unit, key: sha256(`${seed}/folds/${unit.id}`) }))
    .sort((a, b) => b.unit.members.length - a.unit.members.length || (a.key < b.key ? -1 : 1))
    .map(({ unit }) => unit);
}

/** Clips of each class, in the order of the classes' names. */
function countLabels(items: readonly SplitItem[], members: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const label of members.map((index) => items[index]!.label).sort()) {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

function usage(message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter: "folds" });
}
