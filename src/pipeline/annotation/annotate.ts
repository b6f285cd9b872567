import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { type DecoderName, defaultDecoder } from "../../frames/decoder.js";
import type { LabelledVideo } from "../label-result.js";
import { annotationOf } from "./annotation.js";
import { type AnnotateTask, type RenderedAnnotation, renderAnnotated } from "./render-annotated.js";

/** Options of {@link annotate}. */
export interface AnnotateOptions {
  /** The model's classes, which decide the colours. Default: those of the result's `top`, in alphabetical order. */
  readonly classes?: readonly string[];
  /** Default "libav". */
  readonly decoder?: DecoderName;
  readonly signal?: AbortSignal;
}

/** An annotated copy of a video. */
export interface AnnotatedVideo extends RenderedAnnotation {
  /** Where it was written. */
  readonly file: string;
}

/**
 * Writes a copy of a video with its label and confidence, and a timeline of its segments with a playhead, drawn on it:
 * H.264 in .mp4, the frames at their own times, at most 1280 pixels on the longer side, upright, with its sound where
 * that is AAC, MP3 or Opus. The file gets its name when it is complete; one of that name is replaced.
 *
 * @param path of the video
 * @param result what {@link label} said of it
 * @param target path of the .mp4 file
 * @throws MuybridgeError ERR_USAGE where the file cannot be written or is the video itself, and whatever decoding
 * throws: ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_NO_FRAMES, ERR_TOO_LARGE; the signal's
 * reason on abort.
 *
 * @example
 * for await (const line of label(["a.avi"], { model })) {
 *   if (!("error" in line)) await annotate(line.path, line, "annotated/a.mp4", { classes: model.classes });
 * }
 */
export async function annotate(
  path: string,
  result: Pick<LabelledVideo, "top" | "segments" | "duration">,
  target: string,
  options: AnnotateOptions = {},
): Promise<AnnotatedVideo> {
  const { classes, decoder = defaultDecoder, signal } = options;
  const annotation = annotationOf(result, classes);
  return writeAnnotated({ path, decoder, annotation }, target, (task) =>
    renderAnnotated(task, signal),
  );
}

/** Has the annotated copy written under another name, and gives it its own when it is complete. */
export async function writeAnnotated(
  task: Omit<AnnotateTask, "file">,
  target: string,
  render: (task: AnnotateTask) => Promise<RenderedAnnotation>,
): Promise<AnnotatedVideo> {
  const { path } = task;
  const file = resolve(target);
  await refuseToReplace([path], [file]);
  // In a directory of its own, without which a process that is being stopped can begin no file.
  const unfinished = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  const cannotWrite = (error: unknown): never => {
    throw new MuybridgeError("ERR_USAGE", `${target} cannot be written: ${messageOf(error)}`, {
      path,
      parameter: "annotate",
      cause: error,
    });
  };
  await mkdir(unfinished, { recursive: true }).catch(cannotWrite);
  try {
    const rendered = await render({ ...task, file: join(unfinished, "annotated.mp4") });
    await rename(join(unfinished, "annotated.mp4"), file).catch(cannotWrite);
    return { ...rendered, file: target };
  } finally {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/**
 * Refuses to write an annotated copy over one of the videos.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export async function refuseToReplace(
  videos: readonly string[],
  targets: readonly string[],
): Promise<void> {
  const identities = new Map<string, string>();
  for (const video of videos) {
    const identity = await identityOf(video);
    if (identity !== undefined) identities.set(identity, video);
  }
  for (const target of targets) {
    const video = identities.get((await identityOf(target)) ?? "");
    if (video === undefined) continue;
    throw new MuybridgeError(
      "ERR_USAGE",
      `${target} would be written over the video ${video}; name another directory for annotated copies.`,
      { path: video, parameter: "annotate" },
    );
  }
}

/** The same for the same file, by whatever path. */
async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && `${stats.dev}:${stats.ino}`;
}
