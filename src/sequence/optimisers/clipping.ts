import { MuybridgeError } from "../../core/errors.js";
import type { OptimiserMemory } from "./optimiser-memory.js";

/** Ways to shorten gradients that are too long. */
export const clippingWays = ["global-norm", "norm", "value"] as const;

/** One of {@link clippingWays}. */
export type ClippingWay = (typeof clippingWays)[number];

/**
 * How gradients are clipped: all of them together scaled down to a norm (Pascanu et al. 2013), which keeps their
 * direction; each parameter's to a norm; or each value brought into [-limit, limit]. MATLAB calls them global-l2norm,
 * l2norm and absolute-value.
 */
export interface Clipping {
  readonly by: ClippingWay;
  /** Above 0; infinite for no clipping. */
  readonly limit: number;
}

/** Gradients after clipping. */
export interface ClippedGradients {
  /** Norm of all gradients together, before clipping. */
  readonly norm: number;
  /** Factor that is yet to be put on the gradient of each parameter. */
  readonly scales: readonly number[];
}

/**
 * Checks what a caller gives.
 *
 * @throws MuybridgeError ERR_USAGE naming the option.
 */
export function checkClipping({ by, limit }: Clipping): void {
  if (!clippingWays.includes(by)) {
    throw new MuybridgeError("ERR_USAGE", `clip.by must be one of ${clippingWays.join(", ")}.`, {
      parameter: "clip",
    });
  }
  if (limit > 0) return;
  throw new MuybridgeError("ERR_USAGE", `The limit of clipping must be above 0; it is ${limit}.`, {
    parameter: "clip",
  });
}

/** Clips the gradients. By value they are changed in place; otherwise by the factors. */
export function clipGradients(
  { blocks, kernels }: OptimiserMemory,
  { by, limit }: Clipping,
): ClippedGradients {
  const squares = blocks.map(({ gradient, count }) => kernels.sumOfSquares(gradient, count));
  const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
  const scaleTo = (length: number): number => (length > limit ? limit / length : 1);
  switch (by) {
    case "global-norm":
      return { norm, scales: squares.map(() => scaleTo(norm)) };
    case "norm":
      return { norm, scales: squares.map((square) => scaleTo(Math.sqrt(square))) };
    case "value":
      for (const { gradient, count } of blocks) kernels.clampValues(gradient, count, limit);
      return { norm, scales: squares.map(() => 1) };
  }
}
