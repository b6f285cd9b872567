import { createRandom } from "../../src/core/random.js";
import { writeVideo } from "../../src/frames/video-writer.js";

/** Writes a clip of noise, 96 x 64 pixels at 10 Hz: nothing can be guessed, so every frame takes its bytes. */
export async function writeNoiseClip(path: string, frames: number): Promise<void> {
  const [width, height] = [96, 64];
  const random = createRandom("noise");
  const pictures = Array.from({ length: frames }, () =>
    Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)),
  );
  await writeVideo(path, pictures, { width, height, frameRate: 10 });
}
