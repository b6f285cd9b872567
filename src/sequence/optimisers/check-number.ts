import { MuybridgeError } from "../../core/errors.js";

/**
 * Checks a number that a caller gives.
 *
 * @throws MuybridgeError ERR_USAGE where it is not in [low, high).
 */
export function checkNumber(parameter: string, value: number, low: number, high: number): void {
  if (value >= low && value < high) return;
  const range = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `in [${low}, ${high})`;
  throw new MuybridgeError("ERR_USAGE", `${parameter} must be ${range}; it is ${value}.`, {
    parameter,
  });
}
