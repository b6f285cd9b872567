import { MuybridgeError } from "../core/errors.js";
import {
  type DecodeOptions,
  type DecoderName,
  type Fit,
  type FrameBatch,
  fits,
  type SamplingPlan,
} from "./decoder.js";
import { createDecoder } from "./open-decoder.js";

/** Options of {@link sampleFrames}: a sampling plan (`count`, `fps`, `keyframes` or `every`, of a span or all), and the size of the frames. */
export type SampleOptions = SamplingPlan &
  DecodeOptions & {
    /** Side of the square frames, in pixels. Default 224. */
    readonly size?: number;
    /** How a frame is brought to the square. Default "stretch". */
    readonly fit?: Fit;
    /** Default "libav". */
    readonly decoder?: DecoderName;
  };

/** Largest side of a sampled frame, in pixels. */
const maxSize = 4096;

/**
 * Samples frames of a video, in batches of at most `batchSize`: RGB, square, with their times.
 *
 * @throws MuybridgeError ERR_USAGE for options out of range, and whatever decoding throws: ERR_FILE_NOT_FOUND,
 * ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_NO_FRAMES, ERR_TOO_LARGE.
 *
 * @example
 * for await (const { frames, timestamps, n } of sampleFrames("a.mp4", { count: 16 })) { … }
 */
export async function* sampleFrames(
  path: string,
  options: SampleOptions,
): AsyncGenerator<FrameBatch, void> {
  const {
    size = 224,
    fit = "stretch",
    decoder = "libav",
    count,
    fps,
    keyframes,
    every,
    limit,
    start,
    end,
    ...decoding
  } = options;
  if (!(Number.isInteger(size) && size >= 1 && size <= maxSize)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `size must be a whole number from 1 to ${maxSize}; it is ${size}.`,
      {
        parameter: "size",
      },
    );
  }
  if (!fits.includes(fit)) {
    throw new MuybridgeError("ERR_USAGE", `fit must be ${fits.join(", ")}; it is ${fit}.`, {
      parameter: "fit",
    });
  }
  const plan = { count, fps, keyframes, every, limit, start, end } as SamplingPlan;
  const output = { plan, width: size, height: size, pixelFormat: "rgb24", fit } as const;
  const decode = createDecoder(decoder).decode(path, [output], decoding);
  for await (const { frames, timestamps, n } of decode) {
    yield { frames, timestamps, n };
  }
}
