import type { ClipSource, StreamInput, StreamSource } from "../features/streams/feature-stream.js";
import type { Fit, FrameOutput, FramePlan, SamplingPlan } from "../frames/decoder.js";
import { type FrameFacts, sampleThroughCache } from "./frame-stage.js";
import type { StageCache } from "./stage-cache.js";
import { sampledPart, stepEdges } from "./step-edges.js";
import type { ExtractedFeatures, ExtractTask } from "./worker-tasks.js";

/** An output of the decoding pass, and whose frames it has. */
interface Delivery {
  readonly output: FrameOutput;
  /** Takes a batch to the source that asked for it; absent where only the times matter. */
  readonly to?: { readonly clip: ClipSource; readonly input: number };
}

/** Side in pixels of frames of which only the times matter. */
const clockSize = 16;

/**
 * What streams tell of a video, from one decoding pass. The frames of rgb may come from the cache instead, or be kept
 * in it.
 *
 * @throws MuybridgeError of the decoder.
 */
export async function extractStreams(
  task: Omit<ExtractTask, "streams" | "device">,
  sources: readonly StreamSource[],
  cache: StageCache,
): Promise<Omit<ExtractedFeatures, "warnings">> {
  const { plan } = task;
  const clips = sources.map((source) => source.open());
  const deliveries = deliveriesOf(task, sources, clips);
  const times: number[] = [];
  let facts: FrameFacts | undefined;
  const { path, decoder, kept } = task;
  const [first, ...others] = deliveries.map(({ output }) => output);
  const source = {
    ...{ path, decoder, output: first!, others },
    // What is kept are the frames of rgb.
    ...(kept && beginsWithRgb(sources) ? { kept } : {}),
  };
  for await (const batch of sampleThroughCache(source, cache, (found) => void (facts = found))) {
    if (batch.output === 0) times.push(...batch.timestamps);
    const to = deliveries[batch.output]!.to;
    await to?.clip.push(to.input, batch);
  }
  const timestamps = Float64Array.from(times);
  const duration = facts?.duration ?? 0;
  const edges = stepEdges(plan, timestamps, duration);
  return {
    features: clips.flatMap((clip, i) => {
      const { streams } = sources[i]!;
      return clip
        .rows(edges)
        .map((rows, s) => inSteps(rows, timestamps.length, streams[s]!.dimension));
    }),
    timestamps,
    duration,
    truncated: facts?.truncated ?? false,
    framesCached: facts?.cached ?? false,
    framesFound: facts?.found ?? false,
  };
}

/** The outputs of the pass: first the one whose frames are those of the plan, since they say when the steps are. */
function deliveriesOf(
  { plan, fit }: Pick<ExtractTask, "plan" | "fit">,
  sources: readonly StreamSource[],
  clips: readonly ClipSource[],
): Delivery[] {
  const wanted = sources.flatMap(({ inputs }, i) =>
    inputs.map(
      (each, input): Delivery => ({
        output: outputOf(each, plan, fit),
        to: { clip: clips[i]!, input },
      }),
    ),
  );
  if (beginsWithRgb(sources)) return wanted;
  const size = { width: clockSize, height: clockSize };
  return [{ output: { plan, ...size, pixelFormat: "gray8", fit: "stretch" } }, ...wanted];
}

function beginsWithRgb([first]: readonly StreamSource[]): boolean {
  return first?.streams[0]?.name === "rgb";
}

function outputOf(
  { when, width, height, pixelFormat, fit }: StreamInput,
  plan: SamplingPlan,
  chosenFit: Fit,
): FrameOutput {
  const shifted: FramePlan =
    "rate" in when
      ? { fps: when.rate, ...sampledPart(plan) }
      : when.shift === 0
        ? plan
        : { ...plan, shift: when.shift };
  return { plan: shifted, width, height, pixelFormat, fit: fit ?? chosenFit };
}

/**
 * As many vectors as there are steps. They are, but of a file whose time stamps leap so far that frames are passed over:
 * there, what is too much is left out, and the last vector is repeated where one is missing.
 */
function inSteps(rows: Float32Array, steps: number, dimension: number): Float32Array {
  const n = rows.length / dimension;
  if (n === steps) return rows;
  const fitted = new Float32Array(steps * dimension);
  for (let i = 0; i < steps && n > 0; i++) {
    const from = Math.min(i, n - 1);
    fitted.set(rows.subarray(from * dimension, (from + 1) * dimension), i * dimension);
  }
  return fitted;
}
