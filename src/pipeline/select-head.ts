import type { PlacedExample } from "./check-examples.js";
import { chooseHead, type HeadSelection, keepBlocks } from "./choose-head.js";
import { type FeatureBlock, featureBlocks } from "./feature-blocks.js";
import { emphasisOf, headCandidates, selectionFolds } from "./head-candidates.js";
import type { ModelRecord } from "./model-record.js";
import type { RunOptions } from "./run.js";
import type { WantedHead } from "./wanted-head.js";

/** What a training goes on with: the head, and the clips' features as far as it sees them. */
export interface SelectedHead {
  readonly head: WantedHead["head"];
  readonly features: ModelRecord["features"];
  readonly blocks: readonly FeatureBlock[];
  readonly examples: readonly PlacedExample[];
  /** What it was chosen from, where it was. */
  readonly selection?: HeadSelection;
}

/** Chooses the head and its streams on the training and validation clips, where there is something to choose. */
export async function selectHead(
  examples: readonly PlacedExample[],
  features: ModelRecord["features"],
  { head, choice }: WantedHead,
  { classes, seed }: { readonly classes: readonly string[]; readonly seed: number },
  options: RunOptions,
): Promise<SelectedHead> {
  const blocks = featureBlocks(features);
  const whole = { head, features, blocks, examples };
  if (choice === undefined) return whole;
  const candidates = headCandidates(blocks, choice);
  if (candidates.length === 1) return whole;
  const folds = selectionFolds(examples, seed);
  if (!folds) {
    options.onWarning?.(
      "There are fewer than 4 clips of a class, or fewer than 2 groups of one: too few to choose a head and streams by.",
    );
    if (choice !== "auto") return whole;
    return { ...narrowed(whole, blocks.slice(0, 1)), head };
  }
  const ground = { classes, blocks, folds, candidates, seed };
  const selection = await chooseHead(examples, ground, options);
  const taken = selection.candidates[selection.chosen]!;
  const seen = blocks
    .filter(({ name }) => taken.streams.includes(name))
    .map((block) => ({ ...block, emphasis: emphasisOf(taken, block) }));
  return { ...narrowed(whole, seen), head: taken.head, selection };
}

/** The same with some blocks alone. */
function narrowed(
  { features, blocks, examples }: Omit<SelectedHead, "head" | "selection">,
  kept: readonly FeatureBlock[],
): Omit<SelectedHead, "head" | "selection"> {
  const names = kept.map(({ name }) => name);
  const dimension = kept.reduce((sum, block) => sum + block.dimension, 0);
  return {
    features: withStreams(features, names),
    blocks: kept,
    examples: examples.map((clip) => ({ ...keepBlocks(clip, blocks, names), dimension })),
  };
}

/** The features that the model asks for: the streams that are left. */
function withStreams<Features extends ModelRecord["features"]>(
  features: Features,
  names: readonly string[],
): Features {
  return "streams" in features ? { ...features, streams: names } : features;
}
