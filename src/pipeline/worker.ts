import { MuybridgeError, messageOf } from "../core/errors.js";
import { killTrees } from "../core/process-tree.js";
import type { ActivationRanges } from "../features/cnn-choice.js";
import type { FeatureExtractor } from "../features/feature-extractor.js";
import { openFeatureExtractor } from "../features/open-feature-extractor.js";
import type { RangeMeter } from "../features/quantise/measure-ranges.js";
import type { StreamSource } from "../features/streams/feature-stream.js";
import { openStreams } from "../features/streams/open-streams.js";
import { extractStreams } from "./extract-streams.js";
import { openStageCache, type StageCache } from "./stage-cache.js";
import type {
  DescribeTask,
  ExtractedFeatures,
  ExtractTask,
  FilmstripTask,
  MeasureTask,
  TaskFailure,
  WorkerTasks,
  WriteFramesTask,
} from "./worker-tasks.js";

// A process whose parent is gone has nobody to work for, and nor has a program that it runs. SIGKILL, because an
// exit would wait for native threads.
process.on("disconnect", () => void killTrees([process.pid]));
// Ctrl-C reaches the whole process group; the parent decides what is still finished.
process.on("SIGINT", () => {});

/** The CNN of this process; the next task most likely wants the same one. */
let loaded: { readonly key: string; readonly extractor: FeatureExtractor } | undefined;

/** Warnings that wait for the next result to take them along. */
let warnings: string[] = [];

async function extractorFor({ cnn, device, cacheDir }: ExtractTask): Promise<FeatureExtractor> {
  const key = JSON.stringify([cnn, device, cacheDir]);
  if (loaded?.key !== key) {
    await loaded?.extractor.close();
    loaded = undefined;
    const { openContentStore } = await import("../core/content-store.js");
    const store = openContentStore(cacheDir);
    const onWarning = (message: string): void => void warnings.push(message);
    const extractor = await openFeatureExtractor(cnn.cnn, { ...cnn, device, store, onWarning });
    loaded = { key, extractor };
  }
  return loaded.extractor;
}

/** What tells streams in this process, and what they were opened by. */
let looking: { readonly key: string; readonly sources: readonly StreamSource[] } | undefined;

async function streamsFor(task: ExtractTask): Promise<readonly StreamSource[]> {
  const { cnn, device, cacheDir, streams } = task;
  const key = JSON.stringify([cnn, device, cacheDir, streams]);
  if (looking?.key !== key) {
    looking = undefined;
    looking = { key, sources: await openStreams(streams, () => extractorFor(task)) };
  }
  return looking.sources;
}

/** The cache of this process, for frames. */
let cache: StageCache | undefined;

function cacheIn(cacheDir: string): StageCache {
  if (cache?.directory !== cacheDir) {
    cache = openStageCache({ cacheDir, onWarning: (message) => void warnings.push(message) });
  }
  return cache;
}

/** The CNN opened for measuring, with what it was opened by. */
let measured: { readonly key: string; readonly meter: RangeMeter } | undefined;

async function meterFor({ cnn, cacheDir }: MeasureTask): Promise<RangeMeter> {
  const key = JSON.stringify([cnn, cacheDir]);
  if (measured?.key !== key) {
    await measured?.meter.close();
    const [{ openContentStore }, { openCnnMeter }] = await Promise.all([
      import("../core/content-store.js"),
      import("../features/calibration.js"),
    ]);
    measured = { key, meter: await openCnnMeter(cnn, openContentStore(cacheDir)) };
  }
  return measured.meter;
}

/** Measures what values a CNN takes on what some streams show it of a video. */
export async function measureRanges(
  task: MeasureTask,
): Promise<{ readonly ranges: ActivationRanges } | TaskFailure> {
  try {
    const { inputSize, measure } = await meterFor(task);
    const parts: ActivationRanges[] = [];
    const meter = {
      ...{ inputSize, dimension: 0, takesAnySize: false },
      async extract(frames: Uint8Array): Promise<Float32Array> {
        parts.push(await measure(frames));
        return new Float32Array();
      },
    };
    const streams = await openStreams(task.streams, async () => meter);
    await extractStreams(task, streams, cacheIn(task.cacheDir));
    const { joinRanges } = await import("../features/quantise/measure-ranges.js");
    return { ranges: joinRanges(parts) };
  } catch (error) {
    return failureOf(error, task.path);
  }
}

/** Opens a CNN to describe it. */
export async function describe({
  cnn,
  cacheDir,
}: DescribeTask): ReturnType<WorkerTasks["describe"]> {
  try {
    const [{ openContentStore }, { describeCnn }] = await Promise.all([
      import("../core/content-store.js"),
      import("../features/describe-cnn.js"),
    ]);
    return await describeCnn(cnn, openContentStore(cacheDir));
  } catch (error) {
    if (error instanceof MuybridgeError) return failureOf(error, cnn.cnn);
    const message = `The CNN ${cnn.cnn} cannot be used: ${messageOf(error)}`;
    return { failure: { code: "ERR_MODEL_INVALID", message, path: cnn.cnn } };
  }
}

/** Decodes a video once and computes the features of its streams as the frames come. */
export async function extractFeatures(task: ExtractTask): Promise<ExtractedFeatures | TaskFailure> {
  try {
    const streams = await streamsFor(task);
    const extracted = await extractStreams(task, streams, cacheIn(task.cacheDir));
    const told = warnings;
    warnings = [];
    return { ...extracted, warnings: told };
  } catch (error) {
    return failureOf(error, task.path);
  }
}

/** Writes the sampled frames of a video as pictures. */
export async function writeFrames(task: WriteFramesTask): ReturnType<WorkerTasks["writeFrames"]> {
  try {
    // Not loaded by processes that only extract features.
    const { writeFramePictures } = await import("./write-frame-pictures.js");
    return await writeFramePictures(task);
  } catch (error) {
    return failureOf(error, task.path);
  }
}

/** Writes a copy of a video with its labels drawn on it. */
export async function annotateVideo(
  task: Parameters<WorkerTasks["annotateVideo"]>[0],
): ReturnType<WorkerTasks["annotateVideo"]> {
  try {
    const { renderAnnotated } = await import("./annotation/render-annotated.js");
    return await renderAnnotated(task);
  } catch (error) {
    return failureOf(error, task.path);
  }
}

/** Draws frames of a video side by side. */
export async function drawFilmstrip({
  path,
  count,
  span,
}: FilmstripTask): ReturnType<WorkerTasks["drawFilmstrip"]> {
  try {
    const { filmstrip } = await import("./report/filmstrip.js");
    return { jpeg: await filmstrip(path, count, span) };
  } catch (error) {
    return failureOf(error, path);
  }
}

/** Renders a clip of the motions data set. */
export async function renderClip(
  task: Parameters<WorkerTasks["renderClip"]>[0],
): Promise<object | TaskFailure> {
  try {
    const { renderMotionsClip } = await import("../../datasets/motions/render-clip.js");
    await renderMotionsClip(task.plan, task.path);
    return {};
  } catch (error) {
    return failureOf(error, task.path);
  }
}

function failureOf(error: unknown, path: string): TaskFailure {
  if (error instanceof MuybridgeError) {
    const { code, message, parameter } = error;
    return {
      failure: { code, message, path: error.path ?? path, ...(parameter ? { parameter } : {}) },
    };
  }
  const message = `${path} could not be decoded: ${messageOf(error)}`;
  return { failure: { code: "ERR_DECODER_CRASHED", message, path } };
}
