/**
 * Features: frames in, one vector a frame out.
 */
import type { ContentStore } from "../core/content-store.js";
import type { Device } from "../onnx/devices.js";
import type { ActivationRanges } from "./cnn-choice.js";

/** How a CNN is opened; nothing of it changes what is computed. */
export interface OpenOptions {
  /** Threads, for the onnx engine. Default 1: a process per core beats threads. */
  readonly threads?: number;
  /** Where prepared networks are kept. Default: the cache directory. */
  readonly store?: ContentStore;
  /** What computes, for the onnx engine. Default "cpu"; where it is not there, the CPU does, with a warning. */
  readonly device?: Device;
  readonly onWarning?: (message: string) => void;
}

/** Options of {@link FeatureExtractor.extract}. */
export interface ExtractOptions {
  readonly signal?: AbortSignal;
  /** Side of the frames, in pixels. */
  readonly side?: number;
}

/** The port every CNN back end implements. */
export interface FeatureExtractor extends AsyncDisposable {
  /** The catalogue's name of the CNN, or the file's path. */
  readonly id: string;
  /** SHA-256 of all that decides the features: the weights, the tapped layer, preprocessing and precision. */
  readonly digest: string;
  /** Values a frame gives. */
  readonly dimension: number;
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
  /** Whether it takes frames of any side, when that is said; small ones cost less. */
  readonly takesAnySize: boolean;
  /** The ranges it is laid out by, in int8. */
  readonly ranges?: ActivationRanges;
  /**
   * @param frames uint8 RGB, row-major [n, side, side, 3]
   * @param n number of frames, at least 1
   * @param options side in pixels: another than the default, `inputSize`, where it `takesAnySize`
   * @returns float32, row-major [n, dimension]
   * @throws RangeError where the length of `frames` is not n · side² · 3, or it does not take frames of that side
   */
  extract(frames: Uint8Array, n: number, options?: ExtractOptions): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Checks the side that {@link FeatureExtractor.extract} is given.
 *
 * @throws RangeError for another side than its own where it takes no other
 */
export function checkSide(
  side: number,
  { id, inputSize, takesAnySize }: Pick<FeatureExtractor, "id" | "inputSize" | "takesAnySize">,
): void {
  if (side === inputSize || (takesAnySize && Number.isInteger(side) && side >= 1)) return;
  throw new RangeError(`${id} takes frames of ${inputSize} pixels a side, not of ${side}.`);
}

/**
 * Checks what {@link FeatureExtractor.extract} is given.
 *
 * @param frameSize bytes of a frame
 * @throws RangeError where the length of `frames` is not n · frameSize
 */
export function checkFrames(frames: Uint8Array, n: number, frameSize: number): void {
  if (Number.isInteger(n) && n >= 1 && frames.length === n * frameSize) return;
  throw new RangeError(
    `frames must hold n * ${frameSize} bytes, n at least 1; it holds ${frames.length}.`,
  );
}
