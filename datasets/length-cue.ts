import { createRandom } from "../src/core/random.js";
import { groupBy } from "./group-items.js";

/** A clip's class and its length in seconds. */
interface TimedClip {
  readonly label: string;
  readonly duration: number;
}

/** Part of the variance of clip lengths that the class may explain before length is a cue. */
const limit = 0.3;

/** Shufflings of the labels that the data are held against; one in 200 is the smallest part that they can tell. */
const shufflings = 199;

/** Largest part of the shufflings that may explain as much: with few clips, chance alone explains a lot. */
const significance = 0.01;

/**
 * Whether the class could be guessed from a clip's length: the part of the variance of lengths that the class
 * explains, without what as many classes of as many clips explain by chance (ε², Kelley 1935), where it is large and
 * no chance by a permutation test of the labels. Undefined where length is no cue.
 */
export function lengthCue(clips: readonly TimedClip[]): number | undefined {
  const labels = clips.map(({ label }) => label);
  const k = new Set(labels).size;
  const n = clips.length;
  if (k < 2 || n <= k) return undefined;
  const durations = clips.map(({ duration }) => duration);
  const explained = explainedPart(labels, durations);
  if (explained === undefined) return undefined;
  const adjusted = 1 - ((1 - explained) * (n - 1)) / (n - k);
  if (adjusted < limit) return undefined;
  const random = createRandom("length-cue");
  let asMuch = 1;
  for (let i = 0; i < shufflings; i++) {
    // Rounding must not make an equal division of the clips a lesser one.
    if (explainedPart(random.shuffle(labels), durations)! >= explained - 1e-12) asMuch += 1;
  }
  return asMuch / (shufflings + 1) <= significance ? adjusted : undefined;
}

/** η²: the sum of squares between the classes, of all; undefined where all lengths are the same. */
function explainedPart(
  labels: readonly string[],
  durations: readonly number[],
): number | undefined {
  const mean = meanOf(durations);
  const all = durations.reduce((sum, duration) => sum + (duration - mean) ** 2, 0);
  if (all === 0) return undefined;
  const classes = groupBy([...durations.keys()], (index) => labels[index]!);
  let between = 0;
  for (const members of classes.values()) {
    const own = meanOf(members.map((index) => durations[index]!));
    between += members.length * (own - mean) ** 2;
  }
  return between / all;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
