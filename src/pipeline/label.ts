import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { MuybridgeError } from "../core/errors.js";
import { type FeatureStage, openFeatureStage } from "./feature-stage.js";
import type { LabelledVideo, LabelResult, LabelTrack, Segment } from "./label-result.js";
import {
  chooseLabelSettings,
  type LabelChoices,
  type LabelSettings,
  settingsDigest,
} from "./label-settings.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import type { Model } from "./model.js";
import { openPredictionStage, type VideoPrediction } from "./prediction-stage.js";
import { openRun, type Run, type RunOptions } from "./run.js";
import { noClass, segmentsOf } from "./windows/segments.js";
import type { Track } from "./windows/track.js";
import { openTrackStage, settingsForWindows } from "./windows/track-stage.js";

/** A video to label: a path, or a name and bytes (a server has buffers, not files). */
export type LabelInput =
  | string
  | { readonly name: string; readonly data: Uint8Array | ReadableStream<Uint8Array> };

/** Options of {@link label}. */
export interface LabelOptions extends RunOptions, LabelChoices {
  readonly model: Model;
  /** Videos in all, for progress, where the inputs are not an array. */
  readonly total?: number;
}

/** The label of a video whose most likely class is below the threshold. */
export const unknownLabel = "unknown";

/**
 * Labels videos, one result each, in the order given. With a `window`, or by a model that labels each frame, a video's
 * segments are found; else it is one segment. A video that cannot be labelled gives a result with an
 * `error`; the others are labelled as if it were not there.
 *
 * @throws MuybridgeError ERR_USAGE for options out of range; the signal's reason on abort.
 */
export async function* label(
  inputs: Iterable<LabelInput> | AsyncIterable<LabelInput>,
  options: LabelOptions,
): AsyncGenerator<LabelResult, void> {
  const { signal } = options;
  await using labeller = await openLabeller(options);
  const { run } = labeller;
  const outcomes = mapVideos(
    named(inputs),
    (input) => atPath(input, (path) => labeller.label(path, input.name, signal)),
    progressOptions("label", Array.isArray(inputs) ? inputs.length : options.total, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) {
      const { code, message } = outcome.error;
      yield { path: outcome.name, error: { code, message } };
    } else {
      const { name: path, value, elapsedMs } = outcome;
      yield { path, ...value, elapsedMs };
    }
  }
}

/** What a model says of a video, whatever the video is called. */
export type VideoLabel = Omit<LabelledVideo, "path" | "elapsedMs">;

/** Labels videos one by one, by one model and settings, in processes that stay. Whoever opens it disposes of it. */
export interface Labeller extends AsyncDisposable {
  readonly run: Run;
  /**
   * @param name what the video is called in errors, where it is not its path
   * @throws MuybridgeError of the decoder; ERR_TRUNCATED_VIDEO of `strict`.
   */
  label(path: string, name?: string, signal?: AbortSignal): Promise<VideoLabel>;
}

/** Opens one. @throws MuybridgeError ERR_USAGE for options out of range. */
export async function openLabeller(options: LabelOptions): Promise<Labeller> {
  const { model } = options;
  const settings = chooseLabelSettings(options, model);
  const digest = settingsDigest(settings, model);
  const run = await openRun(settingsForWindows(model.settings, settings.windows), options);
  const dispose = (): PromiseLike<void> => run[Symbol.asyncDispose]();
  try {
    const stage = await openStage(model, settings, run, options);
    return {
      run,
      async label(path, name = path, signal) {
        const prediction = await stage.predict(path, signal);
        if (settings.strict && prediction.truncated) {
          throw new MuybridgeError(
            "ERR_TRUNCATED_VIDEO",
            `${name} ends early or is damaged; leave out --strict to label what decodes.`,
            { path: name },
          );
        }
        return { ...toResult(prediction, model, settings), options: digest };
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What labels are made from. */
type LabelPrediction = Omit<VideoPrediction, "contentDigest" | "meanPool"> & {
  readonly track?: Track;
};

interface LabelStage {
  predict(path: string, signal?: AbortSignal): Promise<LabelPrediction>;
}

async function openStage(
  model: Model,
  { windows }: LabelSettings,
  run: Run,
  options: RunOptions,
): Promise<LabelStage> {
  if (!windows && !model.isPerFrame) return openPredictionStage(model, run.features, run.cache);
  const clips = windows ? await openClips(model, run, options) : run.features;
  return openTrackStage(model, { clips, windows: run.features }, run.cache, windows);
}

/** The features of whole clips, where those of a run are for windows. */
async function openClips(
  { settings }: Model,
  run: Run,
  { device, onWarning }: RunOptions,
): Promise<FeatureStage> {
  // Those of sequences are what is in the files, with windows and without.
  if (settings.kind === "sequence") return run.features;
  return openFeatureStage(settings, run.cache, run.pool, {
    ...(device === undefined ? {} : { device }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
}

function toResult(
  prediction: LabelPrediction,
  model: Model,
  settings: LabelSettings,
): Omit<LabelledVideo, "path" | "options" | "elapsedMs"> {
  const { top, threshold } = settings;
  const { track } = prediction;
  const ranked = model.classes
    .map((name, index) => ({
      label: name,
      confidence: sixDecimals(prediction.probabilities[index]!),
    }))
    .sort((a, b) => b.confidence - a.confidence);
  const best = ranked[0]!;
  const confidence = best.confidence;
  const chosen = confidence < threshold ? unknownLabel : best.label;
  const duration = sixDecimals(prediction.duration);
  return {
    label: chosen,
    confidence,
    top: ranked.slice(0, top),
    segments: track
      ? toSegments(track, model, settings)
      : [{ start: 0, end: duration, label: chosen, confidence }],
    ...(track && settings.track ? { track: toLabelTrack(track, model) } : {}),
    duration,
    frames: prediction.frames,
    ...(prediction.truncated ? { truncated: true as const } : {}),
    model: model.digest,
    cached: prediction.cached,
  };
}

function toSegments(track: Track, { classes }: Model, settings: LabelSettings): Segment[] {
  return segmentsOf(track, classes.length, settings).map(({ start, end, label, confidence }) => ({
    start: sixDecimals(start),
    end: sixDecimals(end),
    label: label === noClass ? unknownLabel : classes[label]!,
    confidence: sixDecimals(confidence),
  }));
}

function toLabelTrack({ edges, probabilities }: Track, { classes }: Model): LabelTrack {
  const times = Array.from(edges.subarray(0, -1), sixDecimals);
  const probabilitiesAt = (cell: number): number[] =>
    Array.from(
      probabilities.subarray(cell * classes.length, (cell + 1) * classes.length),
      sixDecimals,
    );
  return { classes, times, probabilities: times.map((_, cell) => probabilitiesAt(cell)) };
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

type NamedInput = Exclude<LabelInput, string> | { readonly name: string; readonly data?: never };

async function* named(
  inputs: Iterable<LabelInput> | AsyncIterable<LabelInput>,
): AsyncGenerator<NamedInput, void> {
  for await (const input of inputs) yield typeof input === "string" ? { name: input } : input;
}

/** Gives the work a path: bytes are put in a file of their own, removed afterwards. */
async function atPath<T>(input: NamedInput, work: (path: string) => Promise<T>): Promise<T> {
  if (input.data === undefined) return work(input.name);
  const directory = await mkdtemp(join(tmpdir(), "muybridge-"));
  try {
    // The name may hold anything, so it takes no part in the path.
    const path = join(directory, randomUUID());
    const bytes = input.data instanceof Uint8Array ? [input.data] : Readable.fromWeb(input.data);
    await pipeline(bytes, createWriteStream(path, { mode: 0o600 }));
    return await work(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
