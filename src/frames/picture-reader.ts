import { errorOf } from "../core/errors.js";
import type { Picture } from "./picture-file.js";
import type { PictureSink } from "./picture-sink.js";
import type { PictureSource } from "./picture-source.js";

/** A picture as the frames of the outputs that take it. */
export interface ShownPicture {
  readonly index: number;
  /** One frame an output asked for, in that order. */
  readonly frames: readonly Uint8Array[];
}

/** Reads pictures in ascending order, and puts another in the place of one that does not decode. */
export interface PictureReader {
  /**
   * The picture that is on screen: the one asked for, else the nearest before it that decodes, else the nearest
   * behind it; undefined where none does.
   *
   * @param through the last picture wanted that may be decoded with this one
   * @param outputs indices of the outputs that take it
   */
  read(
    index: number,
    through: number,
    outputs: readonly number[],
  ): Promise<ShownPicture | undefined>;
  /** How many have been decoded. */
  decoded(): number;
  /** Why the first of those that did not decode did not. */
  damage(): Error | undefined;
}

/** Opens the reader of a source for the outputs of a pass. */
export function openPictureReader(
  source: PictureSource,
  sinks: readonly PictureSink[],
  signal: AbortSignal | undefined,
): PictureReader {
  const n = source.times.length - 1;
  let current: { readonly index: number; readonly picture: Picture } | undefined;
  /** No picture up to this one need be tried: it was, or one behind it decoded. */
  let settled = -1;
  let decoded = 0;
  let damage: Error | undefined;

  const scale = (picture: Picture, outputs: readonly number[]): Promise<Uint8Array[]> =>
    Promise.all(outputs.map((output) => sinks[output]!.scale(picture)));

  const attempt = async (
    index: number,
    through: number,
    outputs: readonly number[],
  ): Promise<ShownPicture | undefined> => {
    signal?.throwIfAborted();
    const picture = await source.read(index, through);
    if (picture instanceof Error) {
      damage ??= picture;
      return undefined;
    }
    const frames = await scale(picture, outputs).catch(errorOf);
    if (frames instanceof Error) {
      damage ??= frames;
      return undefined;
    }
    decoded += 1;
    current = { index, picture };
    return { index, frames };
  };

  return {
    async read(index, through, outputs) {
      const untried = settled;
      settled = Math.max(settled, index);
      for (let i = index; i > untried; i--) {
        const shown = await attempt(i, i === index ? through : i, outputs);
        if (shown) return shown;
      }
      if (current) {
        const { index: shown, picture } = current;
        return { index: shown, frames: await scale(picture, outputs) };
      }
      while (settled < n - 1) {
        settled += 1;
        const shown = await attempt(settled, settled, outputs);
        if (shown) return shown;
      }
      return undefined;
    },
    decoded: () => decoded,
    damage: () => damage,
  };
}
