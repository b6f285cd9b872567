import { stat } from "node:fs/promises";
import { MuybridgeError } from "../core/errors.js";
import { unreadableFile } from "../core/unreadable-file.js";

/**
 * A file changed this shortly before it was hashed may change again without a new time stamp (coarse clocks),
 * so that its digest is not kept: git's "racy" rule. Milliseconds.
 */
export const racyInterval = 2000;

/** By what a file is known again without being read. */
export interface FileIdentity {
  /** Device, inode, size and times (nanoseconds). */
  readonly identity: string;
  /** Whether the file system numbers its files. Without it two files may share an identity. */
  readonly hasInode: boolean;
  /** Bytes. */
  readonly size: number;
  /** Time of the last change of content or inode, ms since 1970. */
  readonly changed: number;
}

/** @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO (not a regular file). */
export async function identifyFile(path: string): Promise<FileIdentity> {
  const stats = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw unreadableFile(path, error);
  });
  if (!stats.isFile()) {
    throw new MuybridgeError("ERR_NOT_A_VIDEO", `${path} is not a regular file.`, { path });
  }
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return {
    identity: [dev, ino, size, mtimeNs, ctimeNs].join(":"),
    hasInode: ino !== 0n,
    size: Number(size),
    changed: Math.max(Number(mtimeNs), Number(ctimeNs)) / 1e6,
  };
}
