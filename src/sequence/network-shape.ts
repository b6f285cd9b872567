/**
 * Sequence: vectors in, labels out. Recurrent networks, their training, and how they are judged; of use for
 * any sequence of vectors, whether from video or not.
 */
import { MuybridgeError } from "../core/errors.js";

/** Recurrent cells. */
export const cells = ["rnn", "lstm", "gru"] as const;

/**
 * A recurrent cell: the simple one (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997, with forget gates, Gers et al.
 * 2000), or GRU (Cho et al. 2014).
 */
export type Cell = (typeof cells)[number];

/** Activations of a cell's state. */
export const stateActivations = ["tanh", "softsign", "relu"] as const;

/** One of {@link stateActivations}. */
export type StateActivation = (typeof stateActivations)[number];

/** Activations of a cell's gates; the hard one is max(0, min(1, 0.2 x + 0.5)). */
export const gateActivations = ["sigmoid", "hardSigmoid"] as const;

/** One of {@link gateActivations}. */
export type GateActivation = (typeof gateActivations)[number];

/** Whether a network has one result for a sequence, or one for each of its steps. */
export const outputs = ["last", "sequence"] as const;

/** One of {@link outputs}. */
export type Output = (typeof outputs)[number];

/** What becomes of the states: one class of several, any number of labels at once, or values. */
export type Head =
  | { readonly type: "classification"; readonly classes: number }
  | { readonly type: "multilabel"; readonly classes: number }
  | { readonly type: "regression"; readonly size: number };

/** What a recurrent network looks like. */
export interface NetworkShape {
  readonly cell: Cell;
  /** One pass in time, or a second one against it, the two concatenated along the channels. */
  readonly bidirectional: boolean;
  /** Recurrent layers, one over the other. */
  readonly layers: number;
  /** Values of an input vector. */
  readonly inputSize: number;
  /** Units of each direction. */
  readonly hidden: number;
  readonly stateActivation: StateActivation;
  readonly gateActivation: GateActivation;
  /**
   * GRU: whether the reset gate acts on the product of the state and its kernel, as in PyTorch, or on the state
   * before it, as in the paper. Of no meaning to the other cells.
   */
  readonly resetAfter: boolean;
  readonly output: Output;
  /** What the head sees of a sequence; "last" where there is a result for each step. */
  readonly pooling: Pooling;
  /**
   * Values that describe a sequence as a whole, which the head sees beside the pooled states; 0 for none.
   */
  readonly contextSize: number;
  /** Null for a network of states alone. */
  readonly head: Head | null;
}

/**
 * Ways from the states of a sequence to one vector: the last state of each direction, the mean or the largest value of
 * all states, or their sum weighted by attention, softmax over time of tanh(state · w + b) (Raffel & Ellis 2015).
 */
export const poolings = ["last", "mean", "max", "attention"] as const;

/** One of {@link poolings}. */
export type Pooling = (typeof poolings)[number];

/** Largest number of layers, units or values that is believed. */
const maxSize = 1_000_000;

/** Directions of a network: 1 or 2. */
export function directionsOf(shape: NetworkShape): number {
  return shape.bidirectional ? 2 : 1;
}

/** Values of the head's output; 0 for a network without a head. */
export function outputSize({ head }: Pick<NetworkShape, "head">): number {
  if (!head) return 0;
  return head.type === "regression" ? head.size : head.classes;
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
  const choices = {
    cell: cells,
    stateActivation: stateActivations,
    gateActivation: gateActivations,
  };
  for (const [name, known] of Object.entries({ ...choices, output: outputs, pooling: poolings })) {
    const value = shape[name as "cell"];
    if (!(known as readonly string[]).includes(value)) complain(name, `one of ${known.join(", ")}`);
  }
  const isSize = (value: number, least: number): boolean =>
    Number.isInteger(value) && value >= least && value <= maxSize;
  for (const name of ["layers", "inputSize", "hidden"] as const) {
    if (!isSize(shape[name], 1)) complain(name, `a whole number from 1 to ${maxSize}`);
  }
  if (!isSize(shape.contextSize, 0)) complain("contextSize", `a whole number from 0 to ${maxSize}`);
  if (shape.output === "sequence") {
    if (shape.pooling !== "last")
      complain("pooling", "left out where there is a result for each step");
    if (shape.contextSize > 0) complain("contextSize", "0 where there is a result for each step");
  }
  const { head } = shape;
  if (!head) return;
  if (!["classification", "multilabel", "regression"].includes(head.type)) {
    complain("head", "classification, multilabel, regression or null");
  }
  const least = head.type === "classification" ? 2 : 1;
  if (!isSize(outputSize(shape), least)) {
    const what = head.type === "regression" ? "size" : "classes";
    complain(`head's ${what}`, `a whole number from ${least} to ${maxSize}`);
  }
}
