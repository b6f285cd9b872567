import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pMapIterable } from "p-map";
import { sha256 } from "./digest.js";

/**
 * Where cacache 20 keeps things in its directory. Said again here, because what looks after a store (its verify, its
 * list) reads and removes files that cacache itself offers no safe way to remove while others write.
 */
const directories = { index: "index-v5", content: "content-v2", temporary: "tmp" } as const;

/** A part of a store's directory. */
export type StorePart = keyof typeof directories;

/** Files of a store that are looked at at once. */
const concurrency = 16;

/**
 * Milliseconds after which what nobody has named in the index counts as left behind by a process that was killed:
 * a file is written, then named, and no write takes this long.
 */
const abandonedAfter = 3_600_000;

/** A part of the store in a directory. */
export function storePart(directory: string, part: StorePart): string {
  return join(directory, directories[part]);
}

/** The file that holds a key's lines. */
export function indexFile(directory: string, key: string): string {
  return join(storePart(directory, "index"), ...segments(sha256(key)));
}

/** The file that holds the content of this SHA-512, in hexadecimal. */
export function contentFile(directory: string, digest: string): string {
  return join(storePart(directory, "content"), "sha512", ...segments(digest));
}

/** A name for a new file in the temporary part. */
export function temporaryFile(directory: string): string {
  return join(storePart(directory, "temporary"), randomUUID());
}

/** A file and what the file system says of it. */
export interface FileStats {
  readonly path: string;
  readonly stats: Stats;
}

/** The files of a part, in no particular order. One that vanishes meanwhile is left out. */
export async function* filesOfPart(
  directory: string,
  part: StorePart,
): AsyncGenerator<FileStats, void> {
  const found = await readdir(storePart(directory, part), {
    recursive: true,
    withFileTypes: true,
  }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const files = found.filter((file) => file.isFile());
  const looked = pMapIterable(
    files,
    async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const stats = await unlessAbsent(stat(path));
      return stats && { path, stats };
    },
    { concurrency, backpressure: 4 * concurrency },
  );
  for await (const file of looked) if (file) yield file;
}

/** Removes what killed processes have left in the temporary part. */
export async function removeAbandoned(directory: string): Promise<void> {
  const part = storePart(directory, "temporary");
  for (const name of (await unlessAbsent(readdir(part))) ?? []) {
    const path = join(part, name);
    const stats = await unlessAbsent(stat(path));
    if (stats && isAbandoned(stats)) await rm(path, { recursive: true, force: true });
  }
}

/** Whether a file that nothing names is old enough to have been left behind. */
export function isAbandoned({ mtimeMs }: Stats): boolean {
  return Date.now() - mtimeMs > abandonedAfter;
}

/** What is not there, or no longer, is undefined. */
export function unlessAbsent<T>(look: Promise<T>): Promise<T | undefined> {
  return look.catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

/** The digest in hexadecimal, cut as cacache cuts it into directories. */
function segments(digest: string): [string, string, string] {
  return [digest.slice(0, 2), digest.slice(2, 4), digest.slice(4)];
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
