import { assignFolds } from "../../datasets/folds.js";
import { unitsOf } from "../../datasets/split-units.js";
import { MuybridgeError } from "../core/errors.js";
import type { PlacedExample } from "./check-examples.js";
import type { FeatureBlock } from "./feature-blocks.js";
import type { Head, HeadChoice } from "./heads.js";

/** What a candidate sees. */
export interface CandidateView {
  /** Names of blocks, in the blocks' order. */
  readonly streams: readonly string[];
  /** One of them that a linear head counts twice. */
  readonly twice?: string | undefined;
}

/** A head, and the streams that it sees. */
export interface HeadCandidate extends CandidateView {
  readonly head: Exclude<Head, "meanpool">;
}

/** What is seen, and what moves: data sets differ in which of them tells. */
const emphasised: readonly string[] = ["rgb", "motion"];

/** Folds that candidates are judged by. */
const folds = 4;

/** Clips of a class that there must be: one a fold. */
const fewestClips = folds;

/** Groups of a class that there must be: one to learn from, one to judge by. */
const fewestGroups = 2;

/**
 * What to choose from: the first stream alone, with each other, and all of them, also with `rgb` or `motion` counted
 * twice. A network, which takes the most time, is tried on all streams only.
 *
 * @param head the one that a caller wants, or "auto"
 */
export function headCandidates(blocks: readonly FeatureBlock[], head: HeadChoice): HeadCandidate[] {
  const [first = "", ...others] = blocks.map(({ name }) => name);
  const all = [first, ...others];
  const fewer = [
    ...(others.length > 0 ? [[first]] : []),
    ...(others.length > 1 ? others.map((other) => [first, other]) : []),
  ];
  const twice = others.length > 0 ? emphasised.filter((name) => all.includes(name)) : [];
  const own = head === "auto" ? (["linear", "recurrent", "ensemble"] as const) : [head];
  return [
    ...(own.includes("linear")
      ? [
          ...fewer.map((streams): HeadCandidate => ({ head: "linear", streams })),
          ...twice.map((name): HeadCandidate => ({ head: "linear", streams: all, twice: name })),
        ]
      : []),
    ...own.map((each): HeadCandidate => ({ head: each, streams: all })),
  ];
}

/** The streams of a candidate, as a table shows them. */
export function toldStreams({ streams, twice }: CandidateView): string {
  return streams.map((name) => (name === twice ? `${name} twice` : name)).join(" + ");
}

/** What a linear head of a candidate counts a block, times what it does as a rule. */
export function emphasisOf(
  { streams, twice }: CandidateView,
  { name }: Pick<FeatureBlock, "name">,
): number {
  if (!streams.includes(name)) return 0;
  return name === twice ? 2 : 1;
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
