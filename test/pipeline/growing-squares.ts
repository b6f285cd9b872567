import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "../../src/core/random.js";
import { writeVideo } from "../../src/frames/video-writer.js";

const [width, height, frames] = [96, 72, 20];

/** The classes of {@link writeGrowingSquares}: the same pictures in opposite order. */
export const squareClasses = ["grow", "shrink"] as const;

/** A clip of a bright square that grows or shrinks over a striped ground. */
export async function writeSquare(
  path: string,
  direction: "grow" | "shrink",
  seed: string,
): Promise<void> {
  const random = createRandom(seed);
  const ground = random.integer(20, 110);
  const largest = random.integer(44, 64);
  const [middleX, middleY] = [random.integer(36, 60), random.integer(32, 40)];
  const colour = [random.integer(190, 255), random.integer(120, 255), random.integer(60, 255)];
  const pictures = Array.from({ length: frames }, (_, index) => {
    const part = index / (frames - 1);
    const half = 4 + (largest / 2 - 4) * (direction === "grow" ? part : 1 - part);
    const picture = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = Math.abs(x - middleX) < half && Math.abs(y - middleY) < half;
        for (let c = 0; c < 3; c++) {
          picture[(y * width + x) * 3 + c] = inside ? colour[c]! : ground + (x % 16 < 8 ? 20 : 0);
        }
      }
    }
    return picture;
  });
  await writeVideo(path, pictures, { width, height, frameRate: 10 });
}

/** A data set of squares that grow and shrink, one folder a class, with groups in the names of the files. */
export async function writeGrowingSquares(directory: string, groups: number): Promise<void> {
  for (const label of squareClasses) {
    await mkdir(join(directory, label), { recursive: true });
    for (let group = 1; group <= groups; group++) {
      for (let clip = 1; clip <= 2; clip++) {
        const number = String(group).padStart(2, "0");
        const name = `v_${label}_g${number}_c0${clip}.mp4`;
        await writeSquare(join(directory, label, name), label, name);
      }
    }
  }
}
