import { isAbort, MuybridgeError, messageOf } from "../../core/errors.js";
import type { DecoderName, DecodeSummary } from "../../frames/decoder.js";
import { isImageInput } from "../../frames/image-input.js";
import { createDecoder } from "../../frames/open-decoder.js";
import { maxFrameLimit } from "../../frames/sampling-plan.js";
import {
  type SoundOutcome,
  type TimedFrame,
  writeTimedVideo,
} from "../../frames/timed-video-writer.js";
import type { Annotation } from "./annotation.js";
import { openOverlay } from "./overlay.js";

/** A video to be copied with an annotation drawn on it. */
export interface AnnotateTask {
  readonly path: string;
  readonly decoder: DecoderName;
  readonly annotation: Annotation;
  /** The .mp4 file to write, which gets its name when it is complete. */
  readonly file: string;
}

/** What was drawn and written. */
export interface RenderedAnnotation {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly frames: number;
  /** Seconds. */
  readonly duration: number;
  readonly sound: SoundOutcome;
  /** The video ends early or holds damaged data; what decodes is annotated. */
  readonly truncated: boolean;
}

/** Longest side of an annotated video, pixels: larger ones are scaled down, so that thousands of copies find room. */
const longestSide = 1280;

/** Bytes of the frames that are decoded ahead, at most. */
const batchBytes = 16 * 2 ** 20;

/** Frames of a batch where they are small. */
const maxBatchSize = 16;

/**
 * Decodes a video and writes all its frames, each as long on screen as it was, with the annotation drawn on them.
 * Memory does not grow with the video.
 *
 * @throws MuybridgeError of the decoder; ERR_USAGE where the file cannot be written; the signal's reason on abort.
 */
export async function renderAnnotated(
  { path, decoder: name, annotation, file }: AnnotateTask,
  signal?: AbortSignal,
): Promise<RenderedAnnotation> {
  const decoder = createDecoder(name);
  const info = await decoder.probe(path);
  const { width, height } = annotatedSize(info);
  const overlay = openOverlay(annotation, width, height);
  const frameBytes = width * height * 3;
  const batchSize = Math.max(1, Math.min(maxBatchSize, Math.floor(batchBytes / frameBytes)));
  let summary: DecodeSummary | undefined;

  async function* pictures(): AsyncGenerator<{ pixels: Uint8Array; time: number }, void> {
    const plan = { every: 1, limit: maxFrameLimit };
    const output = { plan, width, height, pixelFormat: "rgb24", fit: "stretch" } as const;
    const onEnd = (end: DecodeSummary): void => {
      summary = end;
    };
    let before = Number.NEGATIVE_INFINITY;
    for await (const batch of decoder.decode(path, [output], {
      batchSize,
      onEnd,
      ...(signal ? { signal } : {}),
    })) {
      for (const [i, time] of batch.timestamps.entries()) {
        // A picture that stands for a damaged one bears the time it was first shown at.
        if (time <= before) continue;
        before = time;
        yield { pixels: batch.frames.subarray(i * frameBytes, (i + 1) * frameBytes), time };
      }
    }
  }

  async function* annotated(): AsyncGenerator<TimedFrame, void> {
    let held: { pixels: Uint8Array; time: number } | undefined;
    for await (const picture of pictures()) {
      // How long a frame is on screen is known when the next has come.
      if (held) yield { ...held, duration: picture.time - held.time };
      await overlay.draw(picture.pixels, picture.time);
      held = picture;
    }
    if (held) yield { ...held, duration: Math.max(0, (summary?.duration ?? 0) - held.time) };
  }

  try {
    const { frames, sound } = await writeTimedVideo(file, annotated(), {
      width,
      height,
      frameRate: info.frameRate,
      ...((await isImageInput(path)) ? {} : { soundOf: path }),
      ...(signal ? { signal } : {}),
    });
    const { duration = 0, truncated = false } = summary ?? {};
    return { width, height, frames, duration, sound, truncated };
  } catch (error) {
    if (error instanceof MuybridgeError || isAbort(error) || signal?.aborted) throw error;
    throw new MuybridgeError(
      "ERR_USAGE",
      `The annotated copy of ${path} cannot be written: ${messageOf(error)}`,
      { path, parameter: "annotate", cause: error },
    );
  }
}

/** The size of a video as it is shown, scaled down where it is large; even, as H.264 in 4:2:0 wants it. */
export function annotatedSize(shown: { readonly width: number; readonly height: number }): {
  readonly width: number;
  readonly height: number;
} {
  const scale = Math.min(1, longestSide / Math.max(shown.width, shown.height));
  const even = (side: number): number => Math.max(2, 2 * Math.floor((side * scale) / 2));
  return { width: even(shown.width), height: even(shown.height) };
}
