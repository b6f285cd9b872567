import type { Graph } from "../../onnx/graph.js";
import type { GateActivation, StateActivation } from "../network-shape.js";

/** What a cell is made from. */
export interface CellSettings {
  readonly hidden: number;
  readonly directions: number;
  readonly stateActivation: StateActivation;
  readonly gateActivation: GateActivation;
}

/** Names of a cell's parameters in the graph; see GraphParameters. */
export interface CellParameters {
  /** [directions, gates · hidden, hidden] */
  readonly recurrent: string;
  /** [directions · hidden], of a GRU with the reset after the product */
  readonly recurrentBias?: string;
}

/** In a loop: sets a value [directions, hidden, B] to zero where the step is padding. */
export type WithoutPadding = (value: string) => string;

/** All steps of a forward pass, in the order of the steps. Shapes are [T, directions, n, B]. */
export interface Passed {
  /** Each state before every step, the hidden one first. */
  readonly before: readonly string[];
  readonly saved: readonly string[];
}

/**
 * One step in time.
 *
 * @param gateInput W·x + b, [directions, gates · hidden, B]
 * @param states the states before, [directions, hidden, B]; zero where the step before is padding
 * @returns the states after, zero where the step is padding, and what the way back needs
 */
export type ForwardStep = (
  body: Graph,
  gateInput: string,
  states: readonly string[],
  withoutPadding: WithoutPadding,
) => { readonly states: readonly string[]; readonly saved: readonly string[] };

/** The way back through all steps: what is worked out before, in, and after the loop against time. */
export interface WayBack {
  /** Values of every step that the loop reads, [T, directions, n, B]. */
  readonly scanned: readonly string[];
  /**
   * One step against time.
   *
   * @param scanned the step's part of `scanned`
   * @param dStates gradients of the states after the step; those of padding are to be dropped
   * @returns gradients of the states before it, and what is given for every step, zero where it is padding
   */
  step(
    body: Graph,
    scanned: readonly string[],
    dStates: readonly string[],
    withoutPadding: WithoutPadding,
  ): { readonly before: readonly string[]; readonly given: readonly string[] };
  /**
   * @param given of each direction, all steps without the padding, in the order of time: [n, N]
   * @returns gradients of W·x + b of each direction, [gates · hidden, N], of the products with the recurrent kernel,
   * from its first row to its last, and of the recurrent bias, where there is one
   */
  finish(given: readonly (readonly string[])[]): {
    readonly gates: readonly string[];
    readonly products: readonly RecurrentProduct[];
    readonly recurrentBias?: string;
  };
}

/** What some rows of the recurrent kernel were multiplied with in every step. */
export interface RecurrentProduct {
  /** Of the products of each direction, [n, N]. */
  readonly gradients: readonly string[];
  /** [T, directions, hidden, B], in the order of the steps */
  readonly right: string;
}

/**
 * A recurrent cell as graphs: one step forward, and the way back through all of them. Units are rows and sequences
 * columns, so that a product has the weights on its left, where onnxruntime reads them as they lie.
 */
export interface RecurrentCell {
  /** States that go from step to step. */
  readonly states: number;
  forward(graph: Graph, parameters: CellParameters): ForwardStep;
  wayBack(graph: Graph, passed: Passed, parameters: CellParameters): WayBack;
}
