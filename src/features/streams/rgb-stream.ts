import { growVectors } from "../../core/growing-vectors.js";
import { extractDistinct } from "../extract-distinct.js";
import type { StreamCnn, StreamSource } from "./feature-stream.js";

/** What things look like: the CNN on the frame of each step. The CNN belongs to the caller. */
export function createRgbStream(cnn: StreamCnn): StreamSource {
  const { dimension, inputSize } = cnn;
  return {
    streams: [{ name: "rgb", dimension }],
    inputs: [{ width: inputSize, height: inputSize, pixelFormat: "rgb24", when: { shift: 0 } }],
    open() {
      const features = growVectors();
      return {
        async push(_input, { frames, n }) {
          features.append(await extractDistinct(cnn, frames, n));
        },
        rows: () => [features.all()],
      };
    },
  };
}
