import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { MuybridgeError } from "../core/errors.js";
import type { LabelResult } from "./label-result.js";
import {
  chooseLabelSettings,
  type LabelChoices,
  type LabelSettings,
  settingsDigest,
} from "./label-settings.js";
import { mapVideos, progressOptions } from "./map-videos.js";
import type { Model } from "./model.js";
import { openPredictionStage, type VideoPrediction } from "./prediction-stage.js";
import { openRun, type RunOptions } from "./run.js";

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
 * Labels videos, one result each, in the order given. A video that cannot be labelled gives a result with an
 * `error`; the others are labelled as if it were not there.
 *
 * @throws MuybridgeError ERR_USAGE for options out of range; the signal's reason on abort.
 */
export async function* label(
  inputs: Iterable<LabelInput> | AsyncIterable<LabelInput>,
  options: LabelOptions,
): AsyncGenerator<LabelResult, void> {
  const { model, signal } = options;
  const settings = chooseLabelSettings(options, model);
  await using run = await openRun(model.settings, options);
  const stage = openPredictionStage(model, run.features, run.cache);
  const outcomes = mapVideos(
    named(inputs),
    async (input) => {
      const prediction = await atPath(input, (path) => stage.predict(path, signal));
      if (settings.strict && prediction.truncated) {
        throw new MuybridgeError(
          "ERR_TRUNCATED_VIDEO",
          `${input.name} ends early or is damaged; leave out --strict to label what decodes.`,
          { path: input.name },
        );
      }
      return prediction;
    },
    progressOptions("label", Array.isArray(inputs) ? inputs.length : options.total, run, options),
  );
  for await (const outcome of outcomes) {
    if ("error" in outcome) {
      const { code, message } = outcome.error;
      yield { path: outcome.name, error: { code, message } };
    } else {
      yield toResult(outcome.name, outcome.value, outcome.elapsedMs, model, settings);
    }
  }
}

function toResult(
  path: string,
  prediction: VideoPrediction,
  elapsedMs: number,
  model: Model,
  settings: LabelSettings,
): LabelResult {
  const { top, threshold } = settings;
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
    path,
    label: chosen,
    confidence,
    top: ranked.slice(0, top),
    segments: [{ start: 0, end: duration, label: chosen, confidence }],
    duration,
    frames: prediction.frames,
    ...(prediction.truncated ? { truncated: true as const } : {}),
    model: model.digest,
    options: settingsDigest(settings, model),
    cached: prediction.cached,
    elapsedMs,
  };
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
