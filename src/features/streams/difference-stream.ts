import { growVectors } from "../../core/growing-vectors.js";
import { createDifferencePictures } from "../difference-pictures.js";
import { extractDistinct } from "../extract-distinct.js";
import { checkFrames } from "../feature-extractor.js";
import type { StreamCnn, StreamInput, StreamSource } from "./feature-stream.js";

/**
 * All that decides the pictures of the difference stream, but the frames. A change of the computation raises `version`.
 */
export const differenceParameters = {
  version: 2,
  /** Seconds between the two frames: of 0.1 and 0.3, the longer one tells actions of people apart better. */
  gap: 0.3,
  /** What a difference of brightness is multiplied by. */
  gain: 2,
  /**
   * Side of the pictures in pixels, where the CNN takes any: in cross-validation as good as 224 beside other streams, for
   * a third of the work.
   */
  side: 128,
} as const;

/** Side of the pictures that the difference stream shows a CNN, in pixels. */
export function differenceSide({
  inputSize,
  takesAnySize,
}: Pick<StreamCnn, "inputSize" | "takesAnySize">): number {
  return takesAnySize ? Math.min(differenceParameters.side, inputSize) : inputSize;
}

/**
 * What changes: the CNN on the signed difference of two frames, half a gap before and after each step. The CNN belongs
 * to the caller.
 */
export function createDifferenceStream(cnn: StreamCnn): StreamSource {
  const { dimension } = cnn;
  const side = differenceSide(cnn);
  const frameSize = side * side * 3;
  const pictures = createDifferencePictures(differenceParameters.gain);
  const half = differenceParameters.gap / 2;
  const input = (shift: number): StreamInput => ({
    width: side,
    height: side,
    pixelFormat: "rgb24",
    when: { shift },
  });
  return {
    streams: [{ name: "difference", dimension }],
    inputs: [input(-half), input(half)],
    open() {
      const features = growVectors();
      /** Frames of each input that wait for the other's. */
      const waiting: [Uint8Array[], Uint8Array[]] = [[], []];
      return {
        async push(index, { frames, n }) {
          checkFrames(frames, n, frameSize);
          const own = waiting[index]!;
          for (let i = 0; i < n; i++) own.push(frames.subarray(i * frameSize, (i + 1) * frameSize));
          const [earlier, later] = waiting;
          const pairs = Math.min(earlier.length, later.length);
          if (pairs === 0) return;
          const after = later.splice(0, pairs);
          const changes = earlier
            .splice(0, pairs)
            .map((before, i) => pictures.between(before, after[i]!));
          features.append(await extractDistinct(cnn, Buffer.concat(changes), pairs, { side }));
        },
        rows: () => [features.all()],
      };
    },
  };
}
