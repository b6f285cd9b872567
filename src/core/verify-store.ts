import { rm, stat } from "node:fs/promises";
import pMap from "p-map";
import { digestOfFile } from "./digest.js";
import type { LongCallOptions } from "./progress.js";
import { readIndexFile, rewriteIndexFile } from "./store-index.js";
import {
  contentFile,
  type FileStats,
  filesOfPart,
  isAbandoned,
  removeAbandoned,
  unlessAbsent,
} from "./store-layout.js";

/** What {@link verifyStore} found, and removed. */
export interface VerifiedStore {
  /** Entries that are whole. */
  readonly entries: number;
  /** Bytes of their content. */
  readonly bytes: number;
  /** Files whose content is not what their name says. */
  readonly damagedFiles: number;
  /** Entries whose content is gone or was damaged. */
  readonly lostEntries: number;
  /** Lines of the index that are damaged. */
  readonly damagedLines: number;
  /** Files that no entry names, left behind by processes that were killed. */
  readonly abandonedFiles: number;
  /** Bytes of the files that were removed. */
  readonly removedBytes: number;
}

/** Files that are read at once. */
const concurrency = 4;

/**
 * Reads the whole store, and removes what is damaged and what nothing names.
 *
 * cacache's own verify empties its temporary directory and truncates index files in place, and so breaks the writes of
 * other processes. This one may run beside them: a file that nothing names is only removed when it is old, and
 * an index file is replaced as a whole, with what was appended meanwhile. At worst an entry that is being written at
 * that moment is lost, and computed again.
 *
 * @throws the signal's reason on abort; an Error of the file system.
 */
export async function verifyStore(
  directory: string,
  { signal, onProgress }: LongCallOptions = {},
): Promise<VerifiedStore> {
  // Files before the index: what is written between the two looks is then named, or not looked at.
  const files: FileStats[] = [];
  for await (const file of filesOfPart(directory, "content")) files.push(file);
  const named = new Set<string>();
  for await (const { path } of filesOfPart(directory, "index")) {
    for (const entry of (await readIndexFile(directory, path))?.entries ?? []) {
      if (entry.contentPath !== undefined) named.add(entry.contentPath);
    }
  }
  const found = { damagedFiles: 0, abandonedFiles: 0, removedBytes: 0 };
  let done = 0;
  await pMap(
    files,
    async ({ path, stats }) => {
      signal?.throwIfAborted();
      const digest = await unlessAbsent(digestOfFile(path, "sha512"));
      done += 1;
      onProgress?.({ stage: "verify", done, total: files.length, unit: "files" });
      const damaged = digest !== undefined && contentFile(directory, digest) !== path;
      const abandoned = !damaged && !named.has(path) && isAbandoned(stats);
      // Replaced meanwhile, by a process that found it damaged as well.
      const now = damaged || abandoned ? await unlessAbsent(stat(path)) : undefined;
      if (now?.ino !== stats.ino) return;
      await rm(path, { force: true });
      found[damaged ? "damagedFiles" : "abandonedFiles"] += 1;
      found.removedBytes += now.size;
    },
    { concurrency },
  );
  const index = await verifyIndex(directory, signal);
  await removeAbandoned(directory);
  return { ...index, ...found };
}

/** Rewrites the index files that hold damaged lines, lines that no longer count, or entries without their content. */
async function verifyIndex(
  directory: string,
  signal?: AbortSignal,
): Promise<Pick<VerifiedStore, "entries" | "bytes" | "lostEntries" | "damagedLines">> {
  const found = { entries: 0, bytes: 0, lostEntries: 0, damagedLines: 0 };
  const isWhole = async ({ contentPath }: { readonly contentPath?: string }): Promise<boolean> =>
    contentPath === undefined || (await unlessAbsent(stat(contentPath))) !== undefined;
  for await (const { path } of filesOfPart(directory, "index")) {
    signal?.throwIfAborted();
    const content = await readIndexFile(directory, path);
    if (!content) continue;
    let whole = 0;
    for (const entry of content.entries) {
      if (!(await isWhole(entry))) continue;
      whole += 1;
      found.entries += 1;
      found.bytes += entry.size;
    }
    found.lostEntries += content.entries.length - whole;
    found.damagedLines += content.damagedLines;
    if (content.spareLines > 0 || whole < content.entries.length) {
      await rewriteIndexFile(directory, path, isWhole);
    }
  }
  return found;
}
