import { sha256 } from "../src/core/digest.js";
import { MuybridgeError } from "../src/core/errors.js";
import type { Split } from "./dataset.js";
import { type SplitItem, type Unit, unitsOf } from "./split-units.js";

/** Ways to put clips on a side, as `train --split` takes them. */
export const splitWays = ["official", "groups", "random"] as const;

/**
 * How clips are put on a side: as the data set says; by whole groups, whatever it says; or one by one, though clips of
 * a group are then on several sides.
 */
export type SplitWay = (typeof splitWays)[number];

/** Options of {@link assignSplits}. */
export interface SplitOptions {
  readonly seed: number;
  /** Parts for training, validation and test. Default 0.7, 0.15, 0.15. */
  readonly ratio?: readonly [number, number, number];
  /** Default: what the data set says is kept; else by groups where any are known. */
  readonly way?: SplitWay;
}

/** Where each clip goes. */
export interface SplitAssignment {
  /** In the order of the items. */
  readonly splits: readonly Split[];
  /**
   * Whether the data set said so, whole groups were drawn, single clips of each class where no groups are known, or
   * single clips in spite of their groups.
   */
  readonly method: "given" | "groups" | "stratified" | "random";
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
 * Clips that were on a side before stay there, and what belongs together with one of them comes to its side; the others
 * are drawn by themselves, as if there were no more.
 *
 * The result depends on the items' contents and the seed, not on their order.
 *
 * @throws MuybridgeError ERR_USAGE for a way that the data set does not allow: it has no split of its own, or no groups.
 */
export function assignSplits(all: readonly SplitItem[], options: SplitOptions): SplitAssignment {
  const [trainPart, validationPart, testPart] = options.ratio ?? defaultRatio;
  const warnings: string[] = [];
  const items = asWanted(all, options.way, warnings);
  const splits: Split[] = items.map(({ side, split }) => side ?? split ?? "train");
  const given = items.some(({ side, split }) => side === undefined && split !== undefined);
  const units = unitsOf(items).filter((unit) => !joinedToSide(items, unit, splits));
  const put = (chosen: readonly Unit[], split: Split): void => {
    for (const unit of chosen) for (const index of unit.members) splits[index] = split;
  };
  const training = (): Unit[] =>
    units.filter((unit) => unit.members.every((index) => splits[index] === "train"));

  const has = (part: Split): boolean => splits.includes(part);
  if (!given && testPart > 0) {
    if (items.length < fewestForTest) {
      warnings.push(
        `With fewer than ${fewestForTest} clips there is no test part; results cannot be measured.`,
      );
    } else {
      const chosen = draw(items, units, testPart, `${options.seed}/test`);
      put(chosen, "test");
      if (!has("test")) {
        warnings.push(
          "There are too few clips or groups for a test part; results cannot be measured.",
        );
      }
    }
  }
  const ownValidation = units.some(({ members }) =>
    members.some((index) => splits[index] === "validation"),
  );
  if (!ownValidation && validationPart > 0) {
    const fraction = validationPart / (trainPart + validationPart);
    const chosen = draw(items, training(), fraction, `${options.seed}/validation`);
    put(chosen, "validation");
    if (!has("validation")) {
      warnings.push(
        "There are too few clips or groups for a validation part; training runs through all its epochs.",
      );
    }
  }
  if (given) warnings.push(...sharedContent(items, splits));
  const drawn = hasGroups(items) ? "groups" : hasGroups(all) ? "random" : "stratified";
  return { splits, method: given ? "given" : drawn, warnings };
}

/** The sides in the order in which they learn from their clips. */
const byLearning = ["train", "validation", "test"] as const;

/**
 * Whether clips of a unit were on a side before. Those that were on none and have no part of their own then come to it; of
 * several sides to the one that learns most, so that nothing that was learned from is judged by.
 */
function joinedToSide(items: readonly SplitItem[], { members }: Unit, splits: Split[]): boolean {
  const sides = new Set(members.map((index) => items[index]!.side));
  const side = byLearning.find((each) => sides.has(each));
  if (side === undefined) return false;
  for (const index of members) {
    const own = items[index]!;
    if (own.side === undefined && own.split === undefined) splits[index] = side;
  }
  return true;
}

/** Whether clips are known to belong together, by a group or by being parts of one video. */
function hasGroups(items: readonly SplitItem[]): boolean {
  const isPart = ({ digest, content }: SplitItem): boolean =>
    content !== undefined && content !== digest;
  return items.some((item) => item.group !== undefined || isPart(item));
}

/** The items as a way wants to see them: without the parts, and without the groups, that it does not keep to. */
function asWanted(
  items: readonly SplitItem[],
  way: SplitWay | undefined,
  warnings: string[],
): readonly SplitItem[] {
  const refuse = (message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter: "split" });
  };
  if (way === undefined) return items;
  if (way === "official") {
    const given = items.some(({ split }) => split !== undefined);
    return given ? items : refuse("The data set has no split of its own; leave out --split.");
  }
  const known = hasGroups(items);
  if (way === "groups") {
    if (!known) {
      refuse("The data set names no groups; name them in a manifest, or leave out --split.");
    }
    return items.map(({ split: _, ...item }) => item);
  }
  if (way !== "random") refuse(`split must be one of ${splitWays.join(", ")}; it is ${way}.`);
  if (known) {
    warnings.push(
      "Clips are split at random though groups are known: clips of one scene, person or video are learned from and judged by, and the accuracy will look better than it is.",
    );
  }
  return items.map(({ digest, label, side }) => ({
    digest,
    label,
    ...(side === undefined ? {} : { side }),
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
    // Parts of one video may be of several groups, which then say what belongs together.
    [
      "content",
      ({ digest, content, group }: SplitItem) =>
        group === undefined ? (content ?? digest) : digest,
    ],
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
