import type { DecodedBatch, DecoderName, FrameOutput } from "../frames/decoder.js";
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
  /** True where the frames that are kept were there. */
  readonly found: boolean;
}

/** What decoding finds out. */
type DecodedFacts = Pick<FrameFacts, "duration" | "truncated">;

/** Where {@link sampleThroughCache} gets the frames from. */
export interface FrameSource {
  readonly path: string;
  readonly decoder: DecoderName;
  /** Square RGB frames, where they are kept. */
  readonly output: FrameOutput;
  /** What else is wanted of the same decoding pass; it is not kept. */
  readonly others?: readonly FrameOutput[];
  /** Without it nothing is kept. */
  readonly kept?: KeptFrames;
}

/** Metadata of the entry that is written last, when all batches are kept. */
interface KeptFacts extends DecodedFacts {
  readonly batches: number;
}

/**
 * The sampled frames of a video, from the cache where they are kept, else decoded and then kept. A batch is an
 * entry, so that memory does not grow with the video. Frames in `webp` are always those that come back from the
 * encoding, so that the features do not depend on what the cache held. Where other outputs are wanted, too, the video
 * is decoded for them in any case.
 *
 * @returns batches of all outputs: those of `output` have the number 0, those of `others` the numbers behind it
 * @throws MuybridgeError of the decoder.
 */
export async function* sampleThroughCache(
  { path, decoder, output, others = [], kept }: FrameSource,
  cache: StageCache,
  onEnd: (facts: FrameFacts) => void,
): AsyncGenerator<DecodedBatch, void> {
  let end: DecodedFacts = { duration: 0, truncated: false };
  const decode = (outputs: readonly FrameOutput[]) =>
    createDecoder(decoder).decode(path, outputs, { onEnd: (summary) => void (end = summary) });
  const tell = (found: boolean): void =>
    onEnd({ duration: end.duration, truncated: end.truncated, cached: false, found });
  if (!kept) {
    yield* decode([output, ...others]);
    tell(false);
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
    yield { ...batch, output: 0 };
    given += 1;
  }
  if (facts && given === facts.batches) {
    const { duration, truncated } = facts;
    if (others.length === 0) {
      onEnd({ duration, truncated, cached: true, found: true });
      return;
    }
    for await (const batch of decode(others)) yield { ...batch, output: batch.output + 1 };
    tell(true);
    return;
  }
  let batches = 0;
  for await (const batch of decode([output, ...others])) {
    if (batch.output !== 0) {
      yield batch;
      continue;
    }
    const bytes = await encodeFrames(batch, size, encoding);
    await cache.put("frames", { ...key, batch: batches }, bytes);
    // Decoding gives the same batches every time, so that those that are given already can be passed over.
    if (batches >= given) {
      const seen = encoding === "lossless" ? batch : await decodeFrames(bytes, size);
      yield { ...seen, output: 0 };
    }
    batches += 1;
  }
  const { duration, truncated } = end;
  await cache.put("frames", key, "", { batches, duration, truncated } satisfies KeptFacts);
  tell(false);
}
