/**
 * Sequence: vectors in, labels out. Recurrent networks, their training, and how they are judged; of use for
 * any sequence of vectors, whether from video or not.
 */
import { MuybridgeError } from "../core/errors.js";

/** What a recurrent network looks like. */
export interface NetworkShape {
  /** The recurrent cell. LSTM: Hochreiter & Schmidhuber 1997, with forget gates (Gers et al. 2000). */
  readonly cell: "lstm";
  /** One pass in time, or a second one against it, the two concatenated along the channels. */
  readonly bidirectional: boolean;
  /** Recurrent layers, one over the other. */
  readonly layers: number;
  /** Values of an input vector. */
  readonly inputSize: number;
  /** Units of each direction. */
  readonly hidden: number;
  /** What the head sees: the last state of each direction, or the mean of all states of the sequence. */
  readonly pooling: Pooling;
  /**
   * Values that describe a sequence as a whole, which the head sees beside the pooled states; 0 for none.
   */
  readonly contextSize: number;
  /** Classes told apart by the softmax over the pooled states; 0 for a network without a head. */
  readonly classes: number;
}

/** Ways from the states of a sequence to one vector. */
export const poolings = ["last", "mean"] as const;

/** One of {@link poolings}. */
export type Pooling = (typeof poolings)[number];

/** Largest number of layers, units or values that is believed. */
const maxSize = 1_000_000;

/** Directions of a network: 1 or 2. */
export function directionsOf(shape: NetworkShape): number {
  return shape.bidirectional ? 2 : 1;
}

/** Values of the head's input: the pooled states, then the context. */
export function headInputSize(shape: NetworkShape): number {
  return directionsOf(shape) * shape.hidden + shape.contextSize;
}

/** Values of the input of a layer: of the vectors for the first, of the layer below for the others. */
export function layerInputSize(shape: NetworkShape, layer: number): number {
  return layer === 0 ? shape.inputSize : directionsOf(shape) * shape.hidden;
}

/**
 * Checks a shape that comes from a caller.
 *
 * @throws MuybridgeError ERR_USAGE naming the field.
 */
export function checkNetworkShape(shape: NetworkShape): void {
  const complain = (parameter: string, wanted: string): never => {
    throw new MuybridgeError("ERR_USAGE", `The network's ${parameter} must be ${wanted}.`, {
      parameter,
    });
  };
  if (shape.cell !== "lstm") complain("cell", '"lstm"');
  for (const name of ["layers", "inputSize", "hidden"] as const) {
    const value = shape[name];
    if (!Number.isInteger(value) || value < 1 || value > maxSize) {
      complain(name, `a whole number from 1 to ${maxSize}`);
    }
  }
  const { contextSize } = shape;
  if (!(Number.isInteger(contextSize) && contextSize >= 0 && contextSize <= maxSize)) {
    complain("contextSize", `a whole number from 0 to ${maxSize}`);
  }
  if (!poolings.includes(shape.pooling)) complain("pooling", `one of ${poolings.join(", ")}`);
  const { classes } = shape;
  if (classes !== 0 && !(Number.isInteger(classes) && classes >= 2 && classes <= maxSize)) {
    complain("classes", "at least 2");
  }
}
