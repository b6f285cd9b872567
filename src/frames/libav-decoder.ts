import type { DecodedBatch, DecodeOptions, Decoder, FrameOutput } from "./decoder.js";
import { planDecoding } from "./decoding-steps.js";
import { chooseBatchSize } from "./frame-batches.js";
import { openFrameSink } from "./frame-sink.js";
import { loadLibav } from "./libav.js";
import { decodeFrames } from "./libav-frames.js";
import { openLibavInput } from "./libav-input.js";
import { describeVideo, storedPicture } from "./libav-video-info.js";
import { closePacketIndex, readPacketIndex } from "./packet-index.js";
import { checkSamplingPlan, createSelector } from "./sampling-plan.js";
import { isCutOff } from "./transport-stream.js";

/**
 * The decoder that runs FFmpeg's libraries in this process. It reads the packets first, plans which frames are
 * taken, and decodes only those and what they refer to.
 */
export function createLibavDecoder(): Decoder {
  return {
    name: "libav",
    async probe(path) {
      const libav = await loadLibav();
      const input = await openLibavInput(libav, path);
      try {
        return describeVideo(libav, input);
      } finally {
        input.close();
      }
    },
    decode,
  };
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
  const libav = await loadLibav();
  const input = await openLibavInput(libav, path);
  const sinks = outputs.map((output, index) => openFrameSink(libav, output, index, batchSize));
  let close = (): void => {};
  try {
    const info = describeVideo(libav, input);
    const index = await readPacketIndex(libav, input, signal);
    close = () => closePacketIndex(index);
    const plans = outputs.map(({ plan }) => plan);
    const origin = index.sorted[0];
    const relative = Array.from(index.sorted, (time) => time - (origin ?? 0));
    const selectors = plans.map((plan) =>
      createSelector(plan, relative, index.end - (origin ?? 0)),
    );
    const planned = index.exact ? planDecoding(index, plans) : undefined;
    const outcome = { decodedFrames: 0, damaged: false, misled: false };
    let start: number | undefined;
    let fed = Number.NEGATIVE_INFINITY;
    let end = 0;
    // An index that turns out to be wrong is not followed any further: all is decoded, from the start.
    for (const steps of planned ? [planned, undefined] : [undefined]) {
      outcome.misled = false;
      const decoding = { path, input, index, planned: steps, outcome, signal };
      for await (const shown of decodeFrames(libav, decoding)) {
        signal?.throwIfAborted();
        start ??= (steps && origin) ?? shown.time;
        end = shown.until;
        if (shown.time <= fed) continue;
        fed = shown.time;
        const { key, last } = shown;
        const from = origin ?? start;
        const screen = { time: shown.time - from, until: shown.until - from, key, last };
        for (const [i, sink] of sinks.entries()) {
          const times = selectors[i]!.take(screen);
          if (times === 0) continue;
          const picture = storedPicture(shown.frame, input.stream, info.rotation);
          yield* sink.add(shown.frame, picture, shown.time - start, times);
        }
      }
      if (!outcome.misled) {
        const duration = steps ? index.end - (start ?? 0) : end - (start ?? 0);
        const { decodedFrames, damaged } = outcome;
        const truncated = damaged || index.endsEarly || (await isCutOff(path, info.container));
        options.onEnd?.({ info, duration, decodedFrames, truncated });
        break;
      }
    }
    for (const sink of sinks) {
      signal?.throwIfAborted();
      const rest = sink.rest();
      if (rest) yield rest;
    }
  } finally {
    close();
    for (const sink of sinks) sink.close();
    input.close();
  }
}
