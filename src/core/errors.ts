/** Every code a {@link MuybridgeError} can carry. Codes are stable; messages are not. */
export type ErrorCode =
  | "ERR_FILE_NOT_FOUND"
  | "ERR_NOT_A_VIDEO"
  | "ERR_NO_VIDEO_STREAM"
  | "ERR_NO_FRAMES"
  | "ERR_TRUNCATED_VIDEO"
  | "ERR_DECODER_CRASHED"
  | "ERR_TIMEOUT"
  | "ERR_TOO_LARGE"
  | "ERR_MODEL_INVALID"
  | "ERR_MODEL_MISMATCH"
  | "ERR_DATASET_INVALID"
  | "ERR_WEIGHTS_UNAVAILABLE"
  | "ERR_CACHE_FULL"
  | "ERR_USAGE";

/** What an error is about. */
export interface ErrorSubject {
  /** The file concerned. */
  readonly path?: string;
  /** The option or field concerned, as the user wrote it. */
  readonly parameter?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The one error class of the library. The message says what happened, to which file, and what to do.
 *
 * @example
 * throw new MuybridgeError("ERR_NOT_A_VIDEO", "a.mp4 is empty (0 bytes).", { path: "a.mp4" });
 */
export class MuybridgeError extends Error {
  override readonly name = "MuybridgeError";
  /** The stable code. */
  readonly code: ErrorCode;
  /** The file concerned, where there is one. */
  declare readonly path?: string;
  /** The option or field concerned, where there is one. */
  declare readonly parameter?: string;

  constructor(code: ErrorCode, message: string, subject: ErrorSubject = {}) {
    super(message, subject.cause === undefined ? undefined : { cause: subject.cause });
    this.code = code;
    if (subject.path !== undefined) this.path = subject.path;
    if (subject.parameter !== undefined) this.parameter = subject.parameter;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Anything that was thrown, as an Error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** True for the error that an aborted `AbortSignal` throws. */
export function isAbort(thrown: unknown): boolean {
  return (
    thrown instanceof Error && (thrown.name === "AbortError" || thrown.name === "TimeoutError")
  );
}
