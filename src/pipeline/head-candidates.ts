import { assignFolds } from "../../datasets/folds.js";
import { unitsOf } from "../../datasets/split-units.js";
import { MuybridgeError } from "../core/errors.js";
import type { PlacedExample } from "./check-examples.js";
import type { FeatureBlock } from "./feature-blocks.js";
import type { Head, HeadChoice } from "./heads.js";

/** A head, and the streams that it sees. */
export interface HeadCandidate {
  readonly head: Exclude<Head, "meanpool">;
  /** Names of blocks, in the blocks' order. */
  readonly streams: readonly string[];
}

/** Folds that candidates are judged by. */
const folds = 4;

/** Clips of a class that there must be: one a fold. */
const fewestClips = folds;

/** Groups of a class that there must be: one to learn from, one to judge by. */
const fewestGroups = 2;

/**
 * What to choose from: the first stream alone, with each other, with all but each other, and all of them. A network,
 * which takes the most time, is tried on all streams only.
 *
 * @param head the one that a caller wants, or "auto"
 */
export function headCandidates(blocks: readonly FeatureBlock[], head: HeadChoice): HeadCandidate[] {
  const [first = "", ...others] = blocks.map(({ name }) => name);
  const all = [first, ...others];
  const fewer = [
    ...(others.length > 0 ? [[first]] : []),
    ...(others.length > 1 ? others.map((other) => [first, other]) : []),
    ...(others.length > 2 ? others.map((left) => all.filter((name) => name !== left)) : []),
  ];
  const own = head === "auto" ? (["linear", "recurrent", "ensemble"] as const) : [head];
  return [
    ...(own.includes("linear")
      ? fewer.map((streams): HeadCandidate => ({ head: "linear", streams }))
      : []),
    ...own.map((each): HeadCandidate => ({ head: each, streams: all })),
  ];
}

/**
 * The fold of each clip, whole groups in one; undefined where there are too few clips or groups of a class to choose by.
 */
export function selectionFolds(
  examples: readonly PlacedExample[],
  seed: number,
): number[] | undefined {
  const items = examples.map(({ digest, content, label, group }) => ({
    digest,
    content,
    label,
    ...(group === undefined ? {} : { group }),
  }));
  const clips = new Map<string, number>();
  const groups = new Map<string, number>();
  const count = (counts: Map<string, number>, label: string): void => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
  };
  for (const { label } of items) count(clips, label);
  for (const { members } of unitsOf(items)) {
    for (const label of new Set(members.map((index) => items[index]!.label))) count(groups, label);
  }
  if ([...clips.values()].some((n) => n < fewestClips)) return undefined;
  if ([...groups.values()].some((n) => n < fewestGroups)) return undefined;
  try {
    return assignFolds(items, { folds, seed });
  } catch (error) {
    // Too few groups, or all of a class in one fold.
    if (error instanceof MuybridgeError) return undefined;
    throw error;
  }
}
