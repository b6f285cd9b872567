import { MuybridgeError } from "../core/errors.js";
import type { DecodedBatch, DecodeOptions, Decoder, FrameOutput } from "./decoder.js";
import { fileUrl, inputGuards } from "./ffmpeg-arguments.js";
import { type FfmpegPrograms, findFfmpegPrograms, oldestFfmpeg } from "./ffmpeg-programs.js";
import type { ProbedVideo } from "./ffprobe-report.js";
import { describeFilterGraph, type Interval } from "./filter-graph.js";
import { chooseBatchSize, type FrameBatches, openFrameBatches } from "./frame-batches.js";
import { place } from "./frame-geometry.js";
import { type FrameLog, openFrameLog } from "./frame-log.js";
import { likelyIntervals } from "./likely-frames.js";
import { readRawPictures } from "./raw-pictures.js";
import { type FfmpegRun, runFfmpeg } from "./run-ffmpeg.js";
import { runFfprobe } from "./run-ffprobe.js";
import { checkSamplingPlan, createSelector } from "./sampling-plan.js";
import { isCutOff } from "./transport-stream.js";
import { checkFile, maxPixels } from "./video-input.js";

/** Times a video is begun anew because its pictures change their shape; after that they are stretched a little. */
const maxRuns = 8;

/** The decoder that runs the ffmpeg program: with any codec that program has. */
export function createFfmpegDecoder(): Decoder {
  return {
    name: "ffmpeg",
    async probe(path) {
      await checkFile(path);
      const programs = await findFfmpegPrograms();
      return (await runFfprobe(programs, path, { packets: false })).info;
    },
    decode,
  };
}

/** What one run of the program is to do. */
interface RunPlan {
  readonly picture: ProbedVideo["picture"];
  /** Whether only keyframes are decoded. */
  readonly keyframesOnly: boolean;
  /** When the frames are shown that are written; all frames where undefined. */
  readonly wanted: readonly Interval[] | undefined;
  readonly isStrict: boolean;
}

/** A pass over a video, in one run or in several. */
interface Pass {
  readonly path: string;
  readonly programs: FfmpegPrograms;
  readonly probed: ProbedVideo;
  readonly outputs: readonly FrameOutput[];
  readonly batches: readonly FrameBatches[];
  readonly log: FrameLog;
  readonly signal: AbortSignal | undefined;
}

async function* decode(
  path: string,
  outputs: readonly FrameOutput[],
  options: DecodeOptions = {},
): AsyncGenerator<DecodedBatch, void> {
  const { signal } = options;
  const batchSize = chooseBatchSize(options.batchSize);
  for (const output of outputs) checkSamplingPlan(output.plan);
  signal?.throwIfAborted();
  await checkFile(path);
  const programs = await findFfmpegPrograms();
  const probed = await runFfprobe(programs, path, { packets: true, signal });
  const plans = outputs.map(({ plan }) => plan);
  const log = openLog(outputs, probed);
  const batches = outputs.map((output, index) => openFrameBatches(output, index, batchSize));
  const pass: Pass = { path, programs, probed, outputs, batches, log, signal };
  const isShapeless = outputs.every(({ fit }) => fit === "stretch");
  let plan: RunPlan | undefined = {
    picture: probed.picture,
    keyframesOnly: outputs.length > 0 && outputs.every((output) => canSkip(output, probed)),
    wanted: likelyIntervals(plans, probed.frames, probed.end),
    isStrict: !isShapeless,
  };
  let failed = false;
  for (let runs = 1; plan; runs++) {
    failed = yield* run(pass, plan);
    const missed = log.missed();
    // Only keyframes were to be decoded, and there were none.
    const foundNone: boolean = plan.keyframesOnly && log.found().decodedFrames === 0;
    plan =
      missed || foundNone
        ? {
            picture: missed?.picture ?? plan.picture,
            keyframesOnly: plan.keyframesOnly && !foundNone,
            wanted: undefined,
            isStrict: !isShapeless && runs < maxRuns,
          }
        : undefined;
  }
  const { start, end, decodedFrames, damaged } = log.found();
  if (start === undefined) throw noFrames(pass);
  // Where frames were left out, the packets know how long the video is.
  const duration = Math.max(end, probed.end) - start;
  const cut = await isCutOff(path, probed.info.container);
  const truncated = failed || damaged || probed.endsEarly || cut;
  options.onEnd?.({ info: probed.info, duration, decodedFrames, truncated });
  for (const { rest } of batches) {
    signal?.throwIfAborted();
    const batch = rest();
    if (batch) yield batch;
  }
}

function openLog(outputs: readonly FrameOutput[], { frames, end, period }: ProbedVideo): FrameLog {
  const first = frames[0]?.time;
  const last = frames.at(-1)?.time;
  const times = frames.map(({ time }) => time - (first ?? 0));
  return openFrameLog({
    selectors: outputs.map(({ plan }) => createSelector(plan, times, end - (first ?? 0))),
    origin: first,
    period,
    lastPromised: last === undefined ? undefined : { time: last, end },
    mayStopEarly: outputs.every(({ plan }) => (plan.end ?? plan.limit) !== undefined),
  });
}

/** Whether an output needs no frames but keyframes. Of a span without any, the frame on screen at its end is taken. */
function canSkip({ plan }: FrameOutput, { frames, keyframesStandAlone }: ProbedVideo): boolean {
  const { keyframes, start = 0, end = Number.POSITIVE_INFINITY } = plan;
  const first = frames[0]?.time ?? 0;
  return (
    keyframes === true &&
    keyframesStandAlone &&
    frames.some(({ time, key }) => key && time - first >= start && time - first < end)
  );
}

/** Runs the program once; gives back whether it says itself that it failed. */
async function* run(pass: Pass, plan: RunPlan): AsyncGenerator<DecodedBatch, boolean> {
  const { outputs, log, signal, batches } = pass;
  const placements = outputs.map(({ width, height, fit }) =>
    place(plan.picture, width, height, fit),
  );
  const graph = describeFilterGraph(pass.probed, outputs, placements, plan.wanted);
  // Where packets are sure of it, the clip begins with the first of them, whether that decodes or not.
  const isKnown = pass.probed.exact || plan.keyframesOnly;
  log.begin({ ...plan, start: isKnown ? pass.probed.frames[0]?.time : undefined });
  const program = await start(pass, plan, graph.description);
  void program.ended.then(log.end);
  signal?.addEventListener("abort", program.kill, { once: true });
  try {
    signal?.throwIfAborted();
    for await (const canvas of readRawPictures(program.pixels, graph.bytes)) {
      const written = await log.next();
      signal?.throwIfAborted();
      if (!written) break;
      for (const [output, times] of written.takes.entries()) {
        if (times === 0) continue;
        const picture = graph.pictureOf(canvas, output);
        yield* batches[output]!.add(picture, placements[output]!, written.time, times);
        signal?.throwIfAborted();
      }
      if (log.isDone()) break;
    }
    const isCutOff = (): boolean => log.isDone() || log.missed() !== undefined;
    if (isCutOff()) return false;
    const failure = await program.ended;
    signal?.throwIfAborted();
    if (isCutOff()) return false;
    if (failure) refuse(pass, failure);
    if (await log.next()) throw crashed(pass, "it wrote fewer pictures than it told of");
    return failure !== undefined;
  } finally {
    signal?.removeEventListener("abort", program.kill);
    program.kill();
    await program.ended;
  }
}

function start(
  { path, programs, log }: Pass,
  { keyframesOnly }: RunPlan,
  filterGraph: string,
): Promise<FfmpegRun> {
  return runFfmpeg({
    program: programs.ffmpeg,
    input: fileUrl(path),
    inputOptions: [
      // The level in each line, and no line left out because it is like the one before.
      ...["-hide_banner", "-nostats", "-loglevel", "repeat+level+info"],
      ...["-threads", "1", "-filter_threads", "1", "-filter_complex_threads", "1"],
      ...inputGuards,
      ...["-max_pixels", String(maxPixels)],
      // Times as they are in the file; turning is done afterwards; what is damaged does not end it.
      ...["-copyts", "-noautorotate", "-max_error_rate", "1"],
      ...(keyframesOnly ? ["-skip_frame", "nokey"] : []),
    ],
    filterGraph,
    // Each frame once, and at once: the log tells of it at the same time.
    outputOptions: ["-fps_mode", "passthrough", "-flush_packets", "1"],
    onLine: log.line,
  });
}

/** Throws where a failure of the program is more than a damaged file. */
function refuse(pass: Pass, failure: NodeJS.ErrnoException): void {
  const { complaints } = pass.log.found();
  if (failure.code !== undefined) {
    throw usage(`The ffmpeg program cannot be started: ${failure.message}.`, failure);
  }
  if (
    /Unrecognized option|Option .* not found|Error splitting the argument list/.test(complaints)
  ) {
    throw usage(
      `The ffmpeg program lacks an option; it is likely older than FFmpeg ${oldestFfmpeg}. It says:\n${complaints}`,
      failure,
    );
  }
  if (failure.message.includes("killed with signal")) throw crashed(pass, failure.message, failure);
}

function usage(message: string, cause: Error): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter: "decoder", cause });
}

function crashed({ path, log }: Pass, why: string, cause?: Error): MuybridgeError {
  const { complaints } = log.found();
  return new MuybridgeError(
    "ERR_DECODER_CRASHED",
    `The ffmpeg program did not survive ${path}: ${why}.${said(complaints)}`,
    { path, cause },
  );
}

function noFrames({ path, probed, log }: Pass): MuybridgeError {
  return new MuybridgeError(
    "ERR_NO_FRAMES",
    `${path} holds a video stream (${probed.info.codec}) of which not one frame can be decoded.${said(log.found().complaints)}`,
    { path },
  );
}

function said(complaints: string): string {
  return complaints === "" ? "" : ` The ffmpeg program says:\n${complaints}`;
}
