/** Where a float32 array begins in the memory of the kernels, in bytes; a multiple of 16. */
export type Pointer = number;

/** What every update of a parameter is told. */
export type UpdateArguments = readonly [
  /** Factor on the gradient, of the clipping. */
  scale: number,
  /** Part of the parameter that is added to its gradient. */
  l2: number,
  /** Part of the parameter that is left by decoupled decay, 1 for none. */
  kept: number,
  /** Step size. */
  rate: number,
];

/**
 * The arithmetic of the optimisers, over arrays in one memory. Counts are elements, multiples of 4. Everything is
 * computed in float64 and rounded to float32 where it is stored, in the order that is written here, so that all
 * implementations give the same bits. `g` stands for scale · gradient + l2 · parameter.
 */
export interface UpdateKernels {
  /** Sum of squares. Element i goes to sum i mod 4; then (0 + 2) + (1 + 3). */
  sumOfSquares(x: Pointer, count: number): number;
  /** Brings every value into [-limit, limit]; NaN stays. */
  clampValues(x: Pointer, count: number, limit: number): void;
  /**
   * mean = β₁ mean + (1 - β₁) g; square = β₂ square + (1 - β₂) g²;
   * parameter = kept · parameter - rate · mean / (√square + ε)
   */
  adam(
    parameter: Pointer,
    gradient: Pointer,
    mean: Pointer,
    square: Pointer,
    count: number,
    ...update: [...UpdateArguments, beta1: number, beta2: number, epsilon: number]
  ): void;
  /**
   * velocity = momentum · velocity - rate · g;
   * parameter = kept · parameter + (alongVelocity · velocity - alongGradient · g)
   */
  momentum(
    parameter: Pointer,
    gradient: Pointer,
    velocity: Pointer,
    count: number,
    ...update: [...UpdateArguments, momentum: number, alongVelocity: number, alongGradient: number]
  ): void;
  /** square = ρ square + (1 - ρ) g²; parameter = kept · parameter - rate · g / (√square + ε) */
  rmsprop(
    parameter: Pointer,
    gradient: Pointer,
    square: Pointer,
    count: number,
    ...update: [...UpdateArguments, rho: number, epsilon: number]
  ): void;
}

/** Memory, and the kernels that work in it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  readonly kernels: UpdateKernels;
}
