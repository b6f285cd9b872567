import { constants } from "node:os";
import { MuybridgeError } from "./errors.js";

/**
 * The error ERR_CACHE_FULL, where an error of the file system says that there is no space left, or none for this
 * user. Told by its number, since cacache overwrites some codes.
 */
export function asFullCache(error: unknown, directory: string): MuybridgeError | undefined {
  const { errno } = error as NodeJS.ErrnoException;
  const { ENOSPC, EDQUOT } = constants.errno;
  if (errno !== -ENOSPC && errno !== -EDQUOT) return undefined;
  return new MuybridgeError(
    "ERR_CACHE_FULL",
    `The cache in ${directory} cannot be written, since no space is left. Free some; muybridge cache prune --max-size 1GB removes what was used least recently.`,
    { path: directory, cause: error },
  );
}
