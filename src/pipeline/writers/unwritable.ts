import { MuybridgeError, messageOf } from "../../core/errors.js";

/** The error of a place that cannot be written. */
export function unwritable(place: string | undefined, cause: unknown): MuybridgeError {
  return outError(`${place ?? "standard output"} cannot be written: ${messageOf(cause)}`, cause);
}

/** An error of what `--out` names. */
export function outError(message: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, {
    parameter: "out",
    ...(cause === undefined ? {} : { cause }),
  });
}
