import { rm, stat } from "node:fs/promises";
import type { LongCallOptions } from "./progress.js";
import { readIndexFile, rewriteIndexFile } from "./store-index.js";
import { filesOfPart, isAbandoned, removeAbandoned, unlessAbsent } from "./store-layout.js";

/** What {@link pruneStore} removed and left. */
export interface PrunedStore {
  readonly removedEntries: number;
  readonly removedBytes: number;
  /** Bytes of all files that are left, those of the index among them. */
  readonly bytes: number;
}

/** An index file, as long as nothing happens to it. */
interface UsedFile {
  readonly path: string;
  /** Last use, ms since 1970. */
  readonly used: number;
  readonly size: number;
  readonly contentPaths: readonly string[];
}

/**
 * Removes what was used least recently, until at most `maxSize` bytes are left. Other processes may read and write
 * meanwhile; an entry that is used or written meanwhile stays.
 *
 * @throws the signal's reason on abort; an Error of the file system.
 */
export async function pruneStore(
  directory: string,
  maxSize: number,
  { signal, onProgress }: LongCallOptions = {},
): Promise<PrunedStore> {
  await removeAbandoned(directory);
  const contents = new Map<string, { readonly size: number; names: number }>();
  let bytes = 0;
  let removedBytes = 0;
  const abandoned: string[] = [];
  for await (const { path, stats } of filesOfPart(directory, "content")) {
    contents.set(path, { size: stats.size, names: 0 });
    bytes += stats.size;
    if (isAbandoned(stats)) abandoned.push(path);
  }
  const files: UsedFile[] = [];
  for await (const { path, stats } of filesOfPart(directory, "index")) {
    signal?.throwIfAborted();
    const { entries } = (await readIndexFile(directory, path)) ?? { entries: [] };
    const contentPaths = entries.flatMap(({ contentPath }) => contentPath ?? []);
    for (const contentPath of contentPaths) {
      const content = contents.get(contentPath);
      if (content) content.names += 1;
    }
    bytes += stats.size;
    files.push({ path, used: stats.mtimeMs, size: stats.size, contentPaths });
  }
  const remove = async (path: string, size: number): Promise<void> => {
    await rm(path, { force: true });
    bytes -= size;
    removedBytes += size;
  };
  for (const path of abandoned) {
    const { names, size } = contents.get(path)!;
    if (names === 0) await remove(path, size);
  }
  files.sort((a, b) => a.used - b.used);
  let removedEntries = 0;
  for (const [index, { path, used, size, contentPaths }] of files.entries()) {
    if (bytes <= maxSize) break;
    signal?.throwIfAborted();
    onProgress?.({ stage: "prune", done: index, total: files.length, unit: "entries" });
    const now = await unlessAbsent(stat(path));
    if (now?.mtimeMs !== used) continue;
    const gone = await rewriteIndexFile(directory, path, async () => false);
    removedEntries += gone?.length ?? 0;
    bytes -= size;
    removedBytes += size;
    for (const contentPath of contentPaths) {
      const content = contents.get(contentPath);
      if (!content) continue;
      content.names -= 1;
      if (content.names === 0) await remove(contentPath, content.size);
    }
  }
  return { removedEntries, removedBytes, bytes };
}
