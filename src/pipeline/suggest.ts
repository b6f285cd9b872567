import { MuybridgeError } from "../core/errors.js";
import { mostLikely } from "../sequence/most-likely.js";
import type { FailedVideo } from "./evaluate.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import type { Model } from "./model.js";
import { openRun, type RunOptions } from "./run.js";

/** A video whose label would teach a model much. */
export interface SuggestedVideo {
  /** As it was given. */
  readonly path: string;
  /** What the model takes it for. */
  readonly guess: string;
  /** Probability of the guess, in [0, 1]. */
  readonly confidence: number;
}

/** What to label next. */
export interface Suggestions {
  /** The most useful one first. */
  readonly videos: readonly SuggestedVideo[];
  /** Videos whose labels the model knows from its training; they are not suggested. */
  readonly known: number;
  /** Videos that could not be looked at. */
  readonly failed: readonly FailedVideo[];
}

/** A video that may be suggested. */
interface Candidate extends SuggestedVideo {
  /** Entropy of the probabilities, in [0, 1] as part of the highest possible one. */
  readonly uncertainty: number;
  /** Mean of the features over time, of length 1. */
  readonly place: Float32Array;
}

/**
 * Chooses unlabelled videos whose labels would teach most: those that the model is uncertain of and that are unlike each
 * other. Videos that the model was made from are left out. Greedily, each time the one with the highest product of uncertainty (entropy) and squared distance from those
 * chosen before (farthest first, Sener & Savarese 2018, weighted by uncertainty).
 *
 * @param count videos to choose, at least 1; all where there are fewer
 * @throws MuybridgeError ERR_USAGE for a count out of range; the signal's reason on abort.
 */
export async function suggest(
  paths: readonly string[],
  count: number,
  { model, ...options }: RunOptions & { readonly model: Model },
): Promise<Suggestions> {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `suggest must be a whole number of at least 1; it is ${count}.`,
      { parameter: "suggest" },
    );
  }
  await using run = await openRun(model.settings, options);
  const candidates: Candidate[] = [];
  const failed: FailedVideo[] = [];
  let known = 0;
  const inputs = paths.map((name) => ({ name }));
  const outcomes = mapVideos(
    inputs,
    async ({ name }): Promise<Candidate | undefined> => {
      const digest = await run.cache.contentDigest(name);
      if (Object.hasOwn(model.record.splits, digest)) return undefined;
      const { features, n, dimension } = await run.features.clip(name, digest, options.signal);
      const { probabilities } = await model.predict(features, n);
      const best = mostLikely(probabilities);
      return {
        path: name,
        guess: model.classes[best]!,
        confidence: probabilities[best]!,
        uncertainty: entropy(probabilities) / Math.log(probabilities.length),
        place: directionOf(features, n, dimension),
      };
    },
    progressOptions("suggest", paths.length, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) {
      const { code, message } = outcome.error;
      failed.push({ path: outcome.name, error: { code, message } });
    } else if (outcome.value) candidates.push(outcome.value);
    else known += 1;
  }
  const videos = chooseVideos(candidates, count).map(({ path, guess, confidence }) => ({
    path,
    guess,
    confidence,
  }));
  return { videos, known, failed };
}

/** Squared distance of two opposite directions, the largest there is. */
const farthest = 4;

/** Greedy choice by uncertainty and distance from what is chosen; the earlier one of two that are equal. */
export function chooseVideos<T extends Pick<Candidate, "uncertainty" | "place">>(
  candidates: readonly T[],
  count: number,
): T[] {
  const distances = candidates.map(() => farthest);
  const left = new Set(candidates.keys());
  const chosen: T[] = [];
  while (chosen.length < count && left.size > 0) {
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (const index of left) {
      const worth = candidates[index]!.uncertainty * distances[index]!;
      if (worth > highest) [best, highest] = [index, worth];
    }
    left.delete(best);
    chosen.push(candidates[best]!);
    for (const index of left) {
      const distance = squaredDistance(candidates[index]!.place, candidates[best]!.place);
      distances[index] = Math.min(distances[index]!, distance);
    }
  }
  return chosen;
}

function entropy(probabilities: Float32Array): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

function directionOf(features: Float32Array, n: number, dimension: number): Float32Array {
  const mean = new Float32Array(dimension);
  for (let i = 0; i < features.length; i++) mean[i % dimension]! += features[i]! / n;
  // A sequence's vectors may have more values than a call takes arguments.
  const length = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0)) || 1;
  return mean.map((value) => value / length);
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d]! - b[d]!) ** 2;
  return sum;
}
