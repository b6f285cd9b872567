import { MuybridgeError, messageOf } from "./errors.js";

/** Stands in a name for bytes that are no UTF-8. */
const replacement = "\ufffd";

/** The error of a file that is not there or cannot be read. */
export function unreadableFile(path: string, cause: unknown): MuybridgeError {
  const hint = path.includes(replacement)
    ? " Its name is likely not UTF-8, and cannot be written in results; rename it."
    : "";
  return new MuybridgeError(
    "ERR_FILE_NOT_FOUND",
    `${path} cannot be read: ${messageOf(cause)}${hint}`,
    { path, cause },
  );
}
