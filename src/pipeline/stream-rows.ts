import { decodeSafetensors, encodeSafetensors } from "../core/safetensors.js";
import type { StreamName } from "../features/streams/feature-stream.js";
import type { StageCache } from "./stage-cache.js";
import { type StreamInputs, streamKeys } from "./stream-keys.js";

/** What one stream tells of a clip. */
export interface StreamRows extends ClipFacts {
  readonly name: StreamName;
  /** float32, row-major [n, its dimension] */
  readonly features: Float32Array;
  /** [n] seconds from the first frame */
  readonly timestamps: Float64Array;
}

/** Metadata of a cache entry. */
interface ClipFacts {
  /** Seconds. */
  readonly duration: number;
  readonly truncated: boolean;
}

/** The vectors of all streams of a clip, each beside the other. */
export interface JoinedRows extends ClipFacts {
  /** float32, row-major [n, dimension] */
  readonly features: Float32Array;
  readonly timestamps: Float64Array;
  readonly n: number;
  readonly dimension: number;
}

/** What the cache holds of a stream, if anything. */
export async function findRows(
  cache: StageCache,
  inputs: StreamInputs,
  name: StreamName,
): Promise<StreamRows | undefined> {
  const entry = await cache.get("features", streamKeys[name](inputs));
  if (!entry) return undefined;
  const tensors = decodeSafetensors(entry.data);
  const { duration, truncated } = entry.metadata as ClipFacts;
  return {
    name,
    features: tensors.get("features")!.data as Float32Array,
    timestamps: tensors.get("timestamps")!.data as Float64Array,
    ...{ duration, truncated },
  };
}

/** Keeps what a stream tells. */
export async function keepRows(
  cache: StageCache,
  inputs: StreamInputs,
  { name, features, timestamps, duration, truncated }: StreamRows,
): Promise<void> {
  const n = timestamps.length;
  const bytes = encodeClipFeatures({ features, timestamps, n, dimension: features.length / n });
  const facts: ClipFacts = { duration, truncated };
  await cache.put("features", streamKeys[name](inputs), bytes, facts);
}

/** Whether all of them speak of as many steps. */
export function haveSameSteps(streams: readonly StreamRows[]): boolean {
  return streams.every(({ timestamps }) => timestamps.length === streams[0]?.timestamps.length);
}

/** Joins vectors of the same steps: of each step, those of the streams one behind the other. */
export function joinRows(streams: readonly StreamRows[]): JoinedRows {
  const { timestamps, duration } = streams[0]!;
  const n = timestamps.length;
  const truncated = streams.some((each) => each.truncated);
  const widths = streams.map(({ features }) => features.length / n);
  const dimension = widths.reduce((sum, width) => sum + width, 0);
  if (streams.length === 1) {
    return { features: streams[0]!.features, timestamps, n, dimension, duration, truncated };
  }
  const features = new Float32Array(n * dimension);
  let from = 0;
  for (const [index, stream] of streams.entries()) {
    const width = widths[index]!;
    for (let i = 0; i < n; i++) {
      const row = stream.features.subarray(i * width, (i + 1) * width);
      features.set(row, i * dimension + from);
    }
    from += width;
  }
  return { features, timestamps, n, dimension, duration, truncated };
}

/** Features as a safetensors file: `features` float32 [T, D] and `timestamps` float64 [T]. */
export function encodeClipFeatures(
  clip: Pick<JoinedRows, "features" | "timestamps" | "n" | "dimension">,
): Uint8Array {
  return encodeSafetensors({
    features: { shape: [clip.n, clip.dimension], data: clip.features },
    timestamps: { shape: [clip.n], data: clip.timestamps },
  });
}
