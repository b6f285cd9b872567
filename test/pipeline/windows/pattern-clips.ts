import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "../../../src/core/random.js";
import { writeVideo } from "../../../src/frames/video-writer.js";

const [width, height, frameRate] = [96, 72, 10];

/** The classes: patterns that drift. */
export const patternClasses = ["checks", "rings", "stripes"] as const;

/** A pattern that is on screen for some time. */
export interface PatternPart {
  readonly label: (typeof patternClasses)[number];
  readonly seconds: number;
  /** Decides colours, size and drift. */
  readonly seed: string;
}

/** A video of patterns, one after the other. */
export async function writePatterns(path: string, parts: readonly PatternPart[]): Promise<void> {
  await writeVideo(path, parts.flatMap(picturesOf), { width, height, frameRate });
}

/** A data set of clips of 2 s, one folder a class, with groups in the names of the files. */
export async function writePatternSet(directory: string, groups: number): Promise<void> {
  for (const label of patternClasses) {
    await mkdir(join(directory, label), { recursive: true });
    for (let group = 1; group <= groups; group++) {
      const name = `v_${label}_g${String(group).padStart(2, "0")}_c01.mp4`;
      await writePatterns(join(directory, label, name), [{ label, seconds: 2, seed: name }]);
    }
  }
}

function picturesOf({ label, seconds, seed }: PatternPart): Uint8Array[] {
  const random = createRandom(seed);
  const period = random.integer(14, 24);
  const drift = random.uniform(6, 14);
  const [dark, bright] = [colour(random, 0, 90), colour(random, 150, 255)];
  return Array.from({ length: Math.round(seconds * frameRate) }, (_, index) => {
    const shift = (index / frameRate) * drift;
    const picture = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const isBright = wave(label, x + shift, y, period);
        picture.set(isBright ? bright : dark, (y * width + x) * 3);
      }
    }
    return picture;
  });
}

function wave(label: PatternPart["label"], x: number, y: number, period: number): boolean {
  const isUp = (value: number): boolean => (((value % period) + period) % period) * 2 < period;
  if (label === "stripes") return isUp(x);
  if (label === "checks") return isUp(x) !== isUp(y);
  return isUp(Math.hypot(x - width / 2, y - height / 2));
}

function colour(random: ReturnType<typeof createRandom>, low: number, high: number): Uint8Array {
  return Uint8Array.from({ length: 3 }, () => random.integer(low, high));
}
