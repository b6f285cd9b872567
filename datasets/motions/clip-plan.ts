import { createRandom } from "../../src/core/random.js";
import type { Split } from "../dataset.js";
import { motionClasses } from "./actions.js";

/** Frames a second of the clips. */
export const frameRate = 25;

/** All that decides a clip. */
export interface ClipPlan {
  /** File name without its extension. */
  readonly name: string;
  readonly label: string;
  /** Number of the performer, from 0. */
  readonly performer: number;
  readonly split: Split;
  /** Seed of the performers: the same number is the same person in all clips of a data set. */
  readonly castSeed: string;
  /** Seed of everything else in the clip. */
  readonly clipSeed: string;
}

/** People who act. */
const castSize = 20;

/** The performers of the test and validation parts; spread out, so that small data sets have them too. */
const testPerformers: ReadonlySet<number> = new Set([2, 7, 12, 17]);
const validationPerformers: ReadonlySet<number> = new Set([4, 9, 14]);

/** Clips a class where nobody says otherwise: each performer three times. */
export const defaultClipsPerClass = 60;

/** Plans a data set: which performer does what, and which part each belongs to. Every class has the same cast. */
export function planMotions(
  options: { readonly clipsPerClass?: number; readonly seed?: number } = {},
): ClipPlan[] {
  const { clipsPerClass = defaultClipsPerClass, seed = 1 } = options;
  return motionClasses.flatMap((label) =>
    Array.from({ length: clipsPerClass }, (_, index): ClipPlan => {
      const performer = index % castSize;
      const split = testPerformers.has(performer)
        ? "test"
        : validationPerformers.has(performer)
          ? "validation"
          : "train";
      const number = (value: number): string => String(value).padStart(2, "0");
      return {
        name: `${label}_p${number(performer)}_c${number(Math.floor(index / castSize))}`,
        label,
        performer,
        split,
        castSeed: `motions/${seed}`,
        clipSeed: `motions/${seed}/${label}/${index}`,
      };
    }),
  );
}

/** When things happen in a clip, in seconds. */
export interface Timing {
  readonly duration: number;
  readonly begins: number;
  readonly ends: number;
  /** Speed against normal, 0.6 to 1.4. */
  readonly speed: number;
}

/** Seconds an action takes at normal speed. */
const normalLength = 2;

/** Draws when a clip's action begins and how fast it is done; the same for every class. */
export function drawTiming(clipSeed: string): Timing {
  const random = createRandom(clipSeed).fork("timing");
  const speed = random.uniform(0.6, 1.4);
  const action = normalLength / speed;
  const shortest = Math.max(2, action + 0.3);
  const duration = random.uniform(shortest, Math.min(4, shortest + 0.7));
  const begins = random.uniform(0.15, duration - action - 0.15);
  return { duration, begins, ends: begins + action, speed };
}
