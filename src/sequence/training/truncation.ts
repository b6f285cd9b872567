import type { Random } from "../../core/random.js";
import { type NetworkShape, outputSize } from "../network-shape.js";
import type { Target } from "../targets.js";

/** Which part of a long sequence is kept. */
export const keptParts = ["start", "end", "random"] as const;

/** One of {@link keptParts}. */
export type KeptPart = (typeof keptParts)[number];

/** How long sequences are shortened while training; validation sees them whole. */
export interface Truncation {
  /** Longest sequence that stays whole, in steps. */
  readonly steps: number;
  /** "random" draws another part in every epoch. Default "start". */
  readonly keep?: KeptPart;
}

/** A sequence and its target, cut to the part that is kept; views, not copies. */
export function truncate(
  x: Float32Array,
  y: Target,
  shape: NetworkShape,
  truncation: Truncation | undefined,
  random: Random,
): { readonly x: Float32Array; readonly y: Target } {
  const length = x.length / shape.inputSize;
  const spare = length - (truncation?.steps ?? length);
  if (!truncation || spare <= 0) return { x, y };
  const { steps, keep = "start" } = truncation;
  const first = { start: () => 0, end: () => spare, random: () => random.integer(0, spare) };
  const start = first[keep]();
  const cut = x.subarray(start * shape.inputSize, (start + steps) * shape.inputSize);
  if (typeof y === "number" || shape.output === "last") return { x: cut, y };
  const values = shape.head?.type === "classification" ? 1 : outputSize(shape);
  return { x: cut, y: Array.from(y).slice(start * values, (start + steps) * values) };
}
