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
  /** [directions, hidden, gates · hidden] */
  readonly recurrent: string;
  /** [directions, hidden], of a GRU with the reset after the product */
  readonly recurrentBias?: string;
}

/** All steps of a forward pass. Shapes are [T, directions, B, n]. */
export interface Passed {
  /** Each state after every step, the hidden one first. */
  readonly states: readonly string[];
  /** Each state before every step. */
  readonly before: readonly string[];
  readonly saved: readonly string[];
  /** float32 [T, 1, B, 1]: 1 where a step belongs to its sequence, 0 where it is padding */
  readonly mask: string;
  /** 1 - mask */
  readonly padding: string;
}

/** The way back through all steps: what is worked out before, in, and after the loop against time. */
export interface WayBack {
  /** Values of every step that the loop reads, and how many times `hidden` each is wide; the padding has the width 0. */
  readonly scanned: readonly (readonly [value: string, width: number])[];
  /** Widths of what the loop gives for every step. */
  readonly given: readonly number[];
  /**
   * One step against time.
   *
   * @param scanned the step's part of `scanned`
   * @param dStates gradients of the states after the step
   * @returns gradients of the states before it, and what is given
   */
  step(
    body: Graph,
    scanned: readonly string[],
    dStates: readonly string[],
  ): { readonly before: readonly string[]; readonly given: readonly string[] };
  /**
   * @param given of every step, [T, directions, B, width · hidden]
   * @returns gradients of x·W + b, [T, directions, B, gates · hidden], and of the cell's parameters
   */
  finish(given: readonly string[]): {
    readonly gates: string;
    readonly recurrent: string;
    readonly recurrentBias?: string;
  };
}

/** A recurrent cell as graphs: one step forward, and the way back through all of them. */
export interface RecurrentCell {
  /** Columns of the kernel, in units. */
  readonly gates: number;
  /** States that go from step to step. */
  readonly states: number;
  /** Widths, in units, of what a step saves for the way back. */
  readonly saved: readonly number[];
  /**
   * One step: x·W + b [directions, B, gates · hidden] and the states before → the states after.
   */
  step(
    body: Graph,
    gateInput: string,
    states: readonly string[],
    parameters: CellParameters,
  ): { readonly states: readonly string[]; readonly saved: readonly string[] };
  wayBack(graph: Graph, passed: Passed, parameters: CellParameters): WayBack;
}
