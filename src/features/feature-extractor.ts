/**
 * Features: frames in, one vector a frame out.
 *
 * The port every CNN back end implements.
 */
export interface FeatureExtractor extends AsyncDisposable {
  /** The catalogue's name of the CNN, or the file's path. */
  readonly id: string;
  /** SHA-256 of all that decides the features: the weights, the tapped layer, preprocessing and precision. */
  readonly digest: string;
  /** Values a frame gives. */
  readonly dimension: number;
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
  /**
   * @param frames uint8 RGB, row-major [n, inputSize, inputSize, 3]
   * @param n number of frames, at least 1
   * @returns float32, row-major [n, dimension]
   * @throws RangeError where the length of `frames` is not n · inputSize² · 3
   */
  extract(
    frames: Uint8Array,
    n: number,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Float32Array>;
  close(): Promise<void>;
}
