import type { DecoderName, FrameBatch, FrameOutput } from "../frames/decoder.js";
import { createDecoder } from "../frames/open-decoder.js";
import type { FrameEncoding } from "./frame-encoding.js";
import type { StageCache } from "./stage-cache.js";

/** Frames of a video that are to be kept. */
export interface KeptFrames {
  /** SHA-256 of the video. */
  readonly content: string;
  readonly encoding: FrameEncoding;
}

/** What a pass over the frames of a video found out. */
export interface FrameFacts {
  /** Seconds. */
  readonly duration: number;
  readonly truncated: boolean;
  /** True where nothing was decoded of the video. */
  readonly cached: boolean;
}

/** Where {@link sampleThroughCache} gets the frames from. */
export interface FrameSource {
  readonly path: string;
  readonly decoder: DecoderName;
  /** Square RGB frames. */
  readonly output: FrameOutput;
  /** Without it nothing is kept. */
  readonly kept?: KeptFrames;
}

/** Metadata of the entry that is written last, when all batches are kept. */
interface KeptFacts extends Omit<FrameFacts, "cached"> {
  readonly batches: number;
}

/**
 * The sampled frames of a video, from the cache where they are kept, else decoded and then kept. A batch is an
 * entry, so that memory does not grow with the video. Frames in `webp` are always those that come back from the
 * encoding, so that the features do not depend on what the cache held.
 *
 * @throws MuybridgeError of the decoder.
 */
export async function* sampleThroughCache(
  { path, decoder, output, kept }: FrameSource,
  cache: StageCache,
  onEnd: (facts: FrameFacts) => void,
): AsyncGenerator<FrameBatch, void> {
  const decode = (tell: (facts: Omit<FrameFacts, "cached">) => void) =>
    createDecoder(decoder).decode(path, [output], { onEnd: tell });
  if (!kept) {
    yield* decode((facts) => onEnd({ ...facts, cached: false }));
    return;
  }
  const { content, encoding } = kept;
  const { plan, fit, width: size } = output;
  const key = { content, decoder, plan, fit, size, encoding };
  // Late: sharp takes time to load, and most runs keep no frames.
  const { decodeFrames, encodeFrames } = await import("./kept-frames.js");
  const head = await cache.get("frames", key);
  const facts = head?.metadata as KeptFacts | undefined;
  let given = 0;
  while (facts && given < facts.batches) {
    const entry = await cache.get("frames", { ...key, batch: given });
    const batch = entry && (await decodeFrames(entry.data, size).catch(() => undefined));
    if (!batch) break;
    yield batch;
    given += 1;
  }
  if (facts && given === facts.batches) {
    onEnd({ duration: facts.duration, truncated: facts.truncated, cached: true });
    return;
  }
  let batches = 0;
  let end: Omit<FrameFacts, "cached"> | undefined;
  for await (const batch of decode((summary) => void (end = summary))) {
    const bytes = await encodeFrames(batch, size, encoding);
    await cache.put("frames", { ...key, batch: batches }, bytes);
    // Decoding gives the same batches every time, so that those that are given already can be passed over.
    if (batches >= given) yield encoding === "lossless" ? batch : await decodeFrames(bytes, size);
    batches += 1;
  }
  const { duration, truncated } = end ?? { duration: 0, truncated: false };
  await cache.put("frames", key, "", { batches, duration, truncated } satisfies KeptFacts);
  onEnd({ duration, truncated, cached: false });
}
