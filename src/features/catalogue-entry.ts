import type { ActivationRanges, CnnFormat } from "./cnn-choice.js";
import type { CnnSource } from "./cnn-source.js";
import type { Preprocessing } from "./preprocessing.js";

/** A network that can be named, and how it is used. */
export interface CatalogueEntry {
  readonly name: string;
  readonly description: string;
  readonly licence: string;
  /** Page of those who publish it. */
  readonly homepage: string;
  /**
   * Whether this project has had its file: the digest is that of the file, and the layer and the dimension are
   * known to be in it. Otherwise they are what its publishers say of it.
   */
  readonly verified: boolean;
  /** Values a frame gives. */
  readonly dimension: number;
  readonly format: CnnFormat;
  /** The tensor whose mean over height and width is the feature. */
  readonly layer: string;
  readonly preprocessing: Preprocessing;
  /** Whether onnxruntime computes it on frames of any side: it is of convolutions alone up to its layer. */
  readonly takesAnySize?: true;
  readonly source: CnnSource;
  /** Ranges of its values, measured on frames, that int8 is laid out by. */
  readonly ranges?: ActivationRanges;
}
