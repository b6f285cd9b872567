import { sha256 } from "../src/core/digest.js";
import type { Split } from "./dataset.js";

/** A clip to be put on a side. */
export interface SplitItem {
  /** SHA-256 of its content. */
  readonly digest: string;
  readonly label: string;
  readonly group?: string;
  readonly split?: Split;
}

/** Options of {@link assignSplits}. */
export interface SplitOptions {
  readonly seed: number;
  /** Parts for training, validation and test. Default 0.7, 0.15, 0.15. */
  readonly ratio?: readonly [number, number, number];
}

/** Where each clip goes. */
export interface SplitAssignment {
  /** In the order of the items. */
  readonly splits: readonly Split[];
  /** Whether the data set said so, whole groups were drawn, or single clips of each class. */
  readonly method: "given" | "groups" | "stratified";
  readonly warnings: readonly string[];
}

const defaultRatio = [0.7, 0.15, 0.15] as const;

/** With fewer clips than this there is no test part: it would measure nothing. */
const fewestForTest = 8;

/**
 * Puts every clip on a side. What the data set says is kept. Otherwise clips are drawn by the seed and their
 * content, about equally from each class: whole groups where groups are known, so that no scene or person is on
 * two sides, and copies of one content always together. Each class keeps a training clip. Where the data set
 * names a training part but no validation part, that is drawn from the training part.
 *
 * The result depends on the items' contents and the seed, not on their order.
 */
export function assignSplits(items: readonly SplitItem[], options: SplitOptions): SplitAssignment {
  const [trainPart, validationPart, testPart] = options.ratio ?? defaultRatio;
  const units = unitsOf(items);
  const warnings: string[] = [];
  const splits: Split[] = items.map(({ split }) => split ?? "train");
  const given = items.some(({ split }) => split !== undefined);
  const grouped = items.some(({ group }) => group !== undefined);
  const put = (chosen: readonly Unit[], split: Split): void => {
    for (const unit of chosen) for (const index of unit.members) splits[index] = split;
  };
  const training = (): Unit[] =>
    units.filter((unit) => unit.members.every((index) => splits[index] === "train"));

  if (!given && testPart > 0) {
    if (items.length < fewestForTest) {
      warnings.push(
        `With fewer than ${fewestForTest} clips there is no test part; results cannot be measured.`,
      );
    } else {
      const chosen = draw(items, units, testPart, `${options.seed}/test`);
      put(chosen, "test");
      if (chosen.length === 0) {
        warnings.push(
          "There are too few clips or groups for a test part; results cannot be measured.",
        );
      }
    }
  }
  if (!splits.includes("validation") && validationPart > 0) {
    const fraction = validationPart / (trainPart + validationPart);
    const chosen = draw(items, training(), fraction, `${options.seed}/validation`);
    put(chosen, "validation");
    if (chosen.length === 0) {
      warnings.push(
        "There are too few clips or groups for a validation part; training runs through all its epochs.",
      );
    }
  }
  if (given) warnings.push(...sharedContent(items, splits));
  return { splits, method: given ? "given" : grouped ? "groups" : "stratified", warnings };
}

/** Clips that must stay together: of one group or of one content. */
export interface Unit {
  /** The smallest digest among them. */
  readonly id: string;
  /** Indices of the items. */
  readonly members: readonly number[];
}

/** The clips in units that must stay together. */
export function unitsOf(items: readonly SplitItem[]): Unit[] {
  const parents = items.map((_, index) => index);
  const find = (index: number): number => {
    let root = index;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = index; parents[at] !== root; ) [parents[at], at] = [root, parents[at]!];
    return root;
  };
  const firstOf = new Map<string, number>();
  for (const [index, { digest, group }] of items.entries()) {
    for (const key of group === undefined
      ? [`content ${digest}`]
      : [`content ${digest}`, `group ${group}`]) {
      const first = firstOf.get(key);
      if (first === undefined) firstOf.set(key, index);
      else parents[find(index)] = find(first);
    }
  }
  const members = new Map<number, number[]>();
  for (const index of items.keys()) {
    const root = find(index);
    const list = members.get(root);
    if (list) list.push(index);
    else members.set(root, [index]);
  }
  return [...members.values()].map((list) => ({
    id: list.map((index) => items[index]!.digest).sort()[0]!,
    members: list,
  }));
}

/** Draws units until each class has given about its part; no class gives its last clip. */
function draw(
  items: readonly SplitItem[],
  units: readonly Unit[],
  part: number,
  seed: string,
): Unit[] {
  const left = new Map<string, number>();
  for (const { members } of units) {
    for (const index of members) {
      const { label } = items[index]!;
      left.set(label, (left.get(label) ?? 0) + 1);
    }
  }
  const wanted = new Map([...left].map(([label, count]) => [label, part * count]));
  const order = units
    .map((unit) => ({ unit, key: sha256(`${seed}/${unit.id}`) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const chosen: Unit[] = [];
  for (const { unit } of order) {
    const taken = new Map<string, number>();
    for (const index of unit.members) {
      const { label } = items[index]!;
      taken.set(label, (taken.get(label) ?? 0) + 1);
    }
    // Taken when it brings the classes nearer to what is wanted of them than leaving it out. Added up in one
    // order, so that rounding does not depend on the order of the items.
    let gain = 0;
    let last = false;
    for (const [label, count] of [...taken].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const want = wanted.get(label)!;
      gain += Math.abs(want) - Math.abs(want - count);
      last ||= left.get(label)! - count < 1;
    }
    if (gain <= 0 || last) continue;
    chosen.push(unit);
    for (const [label, count] of taken) {
      wanted.set(label, wanted.get(label)! - count);
      left.set(label, left.get(label)! - count);
    }
  }
  return chosen;
}

/** What a data set's own split shares between its parts. */
function sharedContent(items: readonly SplitItem[], splits: readonly Split[]): string[] {
  const warnings: string[] = [];
  for (const [kind, keyOf] of [
    ["content", (item: SplitItem) => item.digest],
    ["group", (item: SplitItem) => item.group],
  ] as const) {
    const sides = new Map<string, Set<Split>>();
    for (const [index, item] of items.entries()) {
      const key = keyOf(item);
      if (key === undefined) continue;
      const seen = sides.get(key);
      if (seen) seen.add(splits[index]!);
      else sides.set(key, new Set([splits[index]!]));
    }
    const shared = [...sides.values()].filter((seen) => seen.has("test") && seen.size > 1).length;
    if (shared > 0) {
      warnings.push(
        `The data set's own split has ${shared} clips or groups of the same ${kind} in test and elsewhere; its accuracy will look better than it is.`,
      );
    }
  }
  return warnings;
}
