import type { VideoInfo } from "./decoder.js";
import type { Picture } from "./picture-file.js";

/** A video whose frames are pictures of their own: a directory of them, or an animated picture. */
export interface PictureSource {
  readonly info: VideoInfo;
  /** Seconds from the first picture's start at which each begins, ascending, and at last when the last one ends: [n + 1]. */
  readonly times: readonly number[];
  /** Whether the file ends early, as far as its header tells. */
  readonly truncated: boolean;
  /** How many pictures it may decode at once. */
  readonly reach: number;
  /**
   * A picture, or the reason why it cannot be read.
   *
   * @param index in 0 … n - 1
   * @param through the last picture wanted within `reach`, at least `index`: all up to it may be decoded with this one
   * @throws MuybridgeError ERR_TOO_LARGE, which no other picture makes good.
   */
  read(index: number, through: number): Promise<Picture | Error>;
}
