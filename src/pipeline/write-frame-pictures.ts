import { join } from "node:path";
import sharp from "sharp";
import { MuybridgeError, messageOf } from "../core/errors.js";
import type { DecodeSummary, VideoInfo } from "../frames/decoder.js";
import { maxPixels } from "../frames/libav-input.js";
import { createDecoder } from "../frames/open-decoder.js";
import { type SheetFrame, writeContactSheet } from "./contact-sheet.js";
import { frameFileName } from "./frame-files.js";
import type { WriteFramesTask, WrittenFrames } from "./worker-tasks.js";

/** JPEG quality: hardly to be told from the frame, at a tenth of a PNG's bytes. */
const jpegQuality = 90;

/** Bytes of the frames that wait to be written. */
const batchBytes = 64 * 2 ** 20;

/** Frames of a batch where they are small. */
const maxBatchSize = 16;

/**
 * Decodes a video once and writes its sampled frames as they come, so that memory does not grow with the video.
 *
 * @throws MuybridgeError of the decoder; ERR_TOO_LARGE, ERR_USAGE where the directory cannot be written.
 */
export async function writeFramePictures(task: WriteFramesTask): Promise<WrittenFrames> {
  const decoder = createDecoder(task.decoder);
  const { width, height } = task.size
    ? { width: task.size, height: task.size }
    : await shownSize(decoder.probe(task.path), task.path);
  const output = { plan: task.plan, width, height, pixelFormat: "rgb24", fit: task.fit } as const;
  const frameBytes = width * height * 3;
  const batchSize = Math.max(1, Math.min(maxBatchSize, Math.floor(batchBytes / frameBytes)));
  let summary: DecodeSummary | undefined;
  const onEnd = (end: DecodeSummary): void => {
    summary = end;
  };
  const timestamps: number[] = [];
  for await (const batch of decoder.decode(task.path, [output], { batchSize, onEnd })) {
    for (const [i, time] of batch.timestamps.entries()) {
      const frame = batch.frames.subarray(i * frameBytes, (i + 1) * frameBytes);
      timestamps.push(time);
      const file = join(task.directory, frameFileName(timestamps.length, task.format));
      const picture = sharp(frame, { raw: { width, height, channels: 3 } });
      const encoded =
        task.format === "png" ? picture.png() : picture.jpeg({ quality: jpegQuality });
      await encoded.toFile(file).catch((error: unknown) => cannotWrite(file, error));
    }
  }
  if (task.sheet !== undefined) {
    const { sheet } = task;
    const frames = timestamps.map(
      (time, i): SheetFrame => ({ file: frameFileName(i + 1, task.format), time }),
    );
    const inDirectory = frames.map(({ file, time }) => ({
      file: join(task.directory, file),
      time,
    }));
    await writeContactSheet(inDirectory, sheet).catch((error: unknown) =>
      cannotWrite(sheet, error),
    );
  }
  return {
    timestamps: Float64Array.from(timestamps),
    width,
    height,
    duration: summary?.duration ?? 0,
    truncated: summary?.truncated ?? false,
  };
}

/** The size of a video's frames as they are shown. */
async function shownSize(
  probing: Promise<VideoInfo>,
  path: string,
): Promise<{ readonly width: number; readonly height: number }> {
  const { width, height } = await probing;
  if (width * height <= maxPixels) return { width, height };
  // A pixel may be stored square and shown a thousand times as wide.
  throw new MuybridgeError(
    "ERR_TOO_LARGE",
    `${path} is shown at ${width} x ${height} pixels; at most ${maxPixels} are written. Ask for less with --size.`,
    { path },
  );
}

function cannotWrite(file: string, error: unknown): never {
  throw new MuybridgeError("ERR_USAGE", `${file} cannot be written: ${messageOf(error)}`, {
    path: file,
    parameter: "out",
    cause: error,
  });
}
