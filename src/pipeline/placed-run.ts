import type { DatasetItem, Split } from "../../datasets/dataset.js";
import { assignSplits, type SplitAssignment, type SplitWay } from "../../datasets/splits.js";
import type { CalibrationVideos } from "./calibrate.js";
import type { FeatureSettings } from "./feature-stage.js";
import type { Ground } from "./ground.js";
import { type IdentifiedItem, type IdentifiedItems, identifyItems } from "./identify-items.js";
import type { RememberedClip } from "./remembered-clips.js";
import { openRun, type Run, type RunOptions } from "./run.js";

/** How the clips of a data set are split where it says nothing. */
export interface SplitChoices {
  readonly seed: number;
  readonly splitRatio?: readonly [number, number, number];
  /** How clips are put on a side. Default: as the data set says; else by groups where they are known. */
  readonly split?: SplitWay;
  /** Clips of an earlier training, which keep their sides, whether the data set holds them or not. */
  readonly known?: readonly RememberedClip[];
}

/** The clips of a data set, and the parts they belong to. */
export interface PlacedItems {
  readonly identified: IdentifiedItems;
  /** The clips of an earlier training that the data set does not hold. */
  readonly absent: readonly RememberedClip[];
  /** Of the identified items, and behind them of the absent ones. */
  readonly assignment: SplitAssignment;
}

/**
 * Opens a run for training, and finds out which clips belong to which part. A network in int8 is measured on the
 * training clips. Whoever opens the run disposes of it.
 */
export async function openPlacedRun(
  items: readonly DatasetItem[],
  settings: FeatureSettings,
  options: RunOptions,
  { seed, splitRatio, split, known = [] }: SplitChoices,
): Promise<PlacedItems & { readonly run: Run }> {
  const place = async (ground: Ground): Promise<PlacedItems> => {
    const identified = await identifyItems(items, ground, options);
    const choices = {
      seed,
      ...(splitRatio ? { ratio: splitRatio } : {}),
      ...(split ? { way: split } : {}),
    };
    const present = new Set(identified.items.map(({ digest }) => digest));
    const absent = known.filter(({ digest }) => !present.has(digest));
    const sides = new Map(known.map(({ digest, side }) => [digest, side]));
    const placing = identified.items.map((item) => {
      const side = sides.get(item.digest);
      return side === undefined ? item : { ...item, side };
    });
    return { identified, absent, assignment: assignSplits([...placing, ...absent], choices) };
  };
  let placed: PlacedItems | undefined;
  const run = await openRun(settings, options, async (ground) => {
    placed = await place(ground);
    return trainingVideos(placed);
  });
  try {
    return { ...(placed ?? (await place(run))), run };
  } catch (error) {
    await run[Symbol.asyncDispose]();
    throw error;
  }
}

/** The training clips, to measure a network's ranges on: the same ones give the same, whatever the cache holds. */
function trainingVideos({ identified, assignment }: PlacedItems): CalibrationVideos {
  const training = identified.items.filter((_, index) => assignment.splits[index] === "train");
  return {
    paths: [...new Set(training.map(({ path }) => path))],
    among: training.map(({ digest }) => digest),
  };
}

/**
 * The side of each clip by its digest; of a video of which parts were clips also by the whole video's, as the side
 * that learns most from it, so that nothing of it is taken for new later.
 */
export function sidesByDigest(
  items: readonly Pick<IdentifiedItem, "digest" | "content">[],
  splits: readonly Split[],
): Record<string, Split> {
  const sides: Record<string, Split> = {};
  for (const part of ["test", "validation", "train"] as const) {
    for (const [index, { content }] of items.entries()) {
      if (splits[index] === part) sides[content] = part;
    }
  }
  for (const [index, { digest }] of items.entries()) sides[digest] = splits[index]!;
  return sides;
}
