import { MuybridgeError } from "../core/errors.js";
import { openAnimatedPicture } from "./animated-picture.js";
import type { DecodedBatch, DecodeOptions, Decoder, FrameOutput } from "./decoder.js";
import { chooseBatchSize } from "./frame-batches.js";
import { parseImageSequence } from "./image-sequence.js";
import { openPictureReader } from "./picture-reader.js";
import { openPictureSink } from "./picture-sink.js";
import type { PictureSource } from "./picture-source.js";
import { checkSamplingPlan, createSelector } from "./sampling-plan.js";
import { openStillPictures } from "./still-pictures.js";

/**
 * The decoder of pictures, through sharp: `images:DIR`, and animated GIF and WebP files. Only pictures that are
 * taken are decoded. One that does not decode is passed over, so that the one before it stays on screen.
 */
export function createImageDecoder(): Decoder {
  return {
    name: "images",
    probe: async (path) => (await openSource(path)).info,
    decode,
  };
}

function openSource(path: string): Promise<PictureSource> {
  const sequence = parseImageSequence(path);
  return sequence ? openStillPictures(sequence, path) : openAnimatedPicture(path);
}

async function* decode(
  path: string,
  outputs: readonly FrameOutput[],
  options: DecodeOptions = {},
): AsyncGenerator<DecodedBatch, void> {
  const { signal, onEnd } = options;
  for (const { plan } of outputs) checkSamplingPlan(plan);
  const batchSize = chooseBatchSize(options.batchSize);
  signal?.throwIfAborted();
  const source = await openSource(path);
  const taken = takenPictures(source.times, outputs);
  const sinks = outputs.map((output, index) => openPictureSink(output, index, batchSize));
  const reader = openPictureReader(source, sinks, signal);
  /** The picture that each output was given last. */
  const last = outputs.map(() => -1);
  let next = 0;
  for (const { index, times } of taken) {
    signal?.throwIfAborted();
    while (next < taken.length && taken[next]!.index < index + source.reach) next += 1;
    const wanted = [...times.keys()].filter((output) => times[output]! > 0);
    const shown = await reader.read(index, taken[next - 1]!.index, wanted);
    if (!shown) continue;
    for (const [i, output] of wanted.entries()) {
      // A keyframe that does not decode is one less; a place in time still has what is on screen.
      if (outputs[output]!.plan.keyframes && last[output] === shown.index) continue;
      last[output] = shown.index;
      yield* sinks[output]!.add(shown.frames[i]!, source.times[shown.index]!, times[output]!);
    }
  }
  signal?.throwIfAborted();
  if (taken.length > 0 && reader.decoded() === 0) {
    throw new MuybridgeError(
      "ERR_NO_FRAMES",
      `${path} holds pictures of which not one can be decoded: ${reader.damage()?.message}.`,
      { path, cause: reader.damage() },
    );
  }
  onEnd?.({
    info: source.info,
    duration: source.times.at(-1)!,
    decodedFrames: reader.decoded(),
    truncated: source.truncated || reader.damage() !== undefined,
  });
  for (const sink of sinks) {
    signal?.throwIfAborted();
    const rest = sink.rest();
    if (rest) yield rest;
  }
}

/** A picture that at least one output takes. */
interface TakenPicture {
  readonly index: number;
  /** How often each output takes it. */
  readonly times: readonly number[];
}

/** Runs all selectors over the pictures' times, which are known beforehand. */
function takenPictures(
  times: readonly number[],
  outputs: readonly FrameOutput[],
): readonly TakenPicture[] {
  const n = times.length - 1;
  const starts = times.slice(0, n);
  const selectors = outputs.map(({ plan }) => createSelector(plan, starts, times[n]));
  const taken: TakenPicture[] = [];
  for (let index = 0; index < n && !selectors.every((selector) => selector.done()); index++) {
    const shown = {
      time: times[index]!,
      until: times[index + 1]!,
      key: true,
      last: index === n - 1,
    };
    const counts = selectors.map((selector) => selector.take(shown));
    if (counts.some((count) => count > 0)) taken.push({ index, times: counts });
  }
  return taken;
}
