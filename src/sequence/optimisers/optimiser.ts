/** Optimisers: they move a network's parameters against their gradients. */
import type { ParameterKind } from "./parameter-kind.js";

/** float32 tensors by name. */
export type NamedParameters = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

/** An optimiser and the parameters it moves, in a memory of its own. */
export interface Optimiser {
  /** The parameters' values; views that every step changes. */
  readonly parameters: NamedParameters;
  /** To be written before each step, in place; what is in them after a step is of no meaning. */
  readonly gradients: NamedParameters;
  /**
   * Clips the gradients and moves the parameters. Where a gradient is not finite, nothing is moved.
   *
   * @param learningRate of this step
   * @returns the norm of all gradients together before clipping; not finite where one of them is not
   */
  step(learningRate: number): number;
  /** A copy of all that the next steps depend on, but for the parameters. */
  state(): OptimiserState;
  /**
   * Puts a state back: the next steps are those that would have followed it, to the bit.
   *
   * @throws MuybridgeError ERR_MODEL_INVALID naming the array that is missing or of another shape; nothing is changed
   */
  restore(state: OptimiserState): void;
}

/** What an optimiser remembers. */
export interface OptimiserState {
  /** Steps done. */
  readonly steps: number;
  /** By `PARAMETER/SLOT`, such as `layer0.forwardKernel/mean`. */
  readonly slots: NamedParameters;
}

/** A number for each kind of parameter; 0 where one is left out. */
export type ByKind = Partial<Readonly<Record<ParameterKind, number>>>;
