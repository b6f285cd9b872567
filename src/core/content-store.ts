import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import cacache from "cacache";
import { asFullCache } from "./full-cache.js";
import { integrityOfNothing, readIndexFile, type StoredEntry } from "./store-index.js";
import {
  filesOfPart,
  indexFile,
  removeAbandoned,
  storePart,
  unlessAbsent,
} from "./store-layout.js";

/**
 * A content-addressed store on disk (cacache): writes are atomic, several processes may use it at once,
 * and what is read is checked against its digest. No process locks anything, so that none can leave a lock behind.
 */
export interface ContentStore {
  /** The directory it lives in. */
  readonly directory: string;
  /** The entry of a key, or undefined where there is none or it is damaged. A damaged one is removed and told through `onDamage`. */
  get(key: string): Promise<{ readonly data: Buffer; readonly metadata: unknown } | undefined>;
  /** An entry's metadata alone, without reading its data. */
  metadata(key: string): Promise<unknown>;
  /**
   * Writes an entry, replacing one of the same key.
   *
   * @throws MuybridgeError ERR_CACHE_FULL where there is no space left; an Error of the file system.
   */
  put(key: string, data: Uint8Array | string, metadata?: unknown): Promise<void>;
  /** Writes an entry that is nothing but its metadata: a tenth of the work of {@link put}. @throws as put */
  note(key: string, metadata: unknown): Promise<void>;
  /** Every entry's key, size (bytes), time of writing (ms since 1970) and metadata. */
  list(): AsyncIterable<StoredEntry>;
  /** Removes every entry. */
  clear(): Promise<void>;
}

/**
 * Milliseconds between two marks of an entry's use. A mark is the time stamp of the entry's index file: cacache keeps
 * no time of use, and many file systems keep none either (noatime) or only to the day. Setting it is one step that a
 * kill cannot cut in two, and no two processes can spoil it for each other. An hour tells well enough what was used
 * least recently, and most hits then cost a look at the file's time, not a write.
 */
const markInterval = 3_600_000;

/** Opens a store in a directory, which need not exist. */
export function openContentStore(
  directory: string,
  onDamage: (key: string, error: Error) => void = () => {},
): ContentStore {
  const insert = async (key: string, metadata: unknown): Promise<void> => {
    await cacache.index.insert(directory, key, integrityOfNothing, { metadata, size: 0 });
  };
  return {
    directory,
    async get(key) {
      const entry = await cacache.get.info(directory, key);
      if (!entry) return undefined;
      const { integrity, size, time } = entry;
      const metadata = entry.metadata as unknown;
      try {
        const data =
          integrity === integrityOfNothing
            ? Buffer.alloc(0)
            : await cacache.get.byDigest(directory, integrity, size === undefined ? {} : { size });
        await markUse(directory, key, time);
        return { data, metadata };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT" || code === "ENOTCACHED") return undefined;
        if (code === "EINTEGRITY" || code === "EBADSIZE") {
          onDamage(key, error as Error);
          await cacache.rm.entry(directory, key);
          // Without this the damaged bytes would stay: a later write of the same content finds them in place.
          await cacache.rm.content(directory, integrity);
          return undefined;
        }
        throw error;
      }
    },
    async metadata(key) {
      const entry = await cacache.get.info(directory, key);
      if (!entry) return undefined;
      await markUse(directory, key, entry.time);
      return entry.metadata as unknown;
    },
    async put(key, data, metadata) {
      // Text as bytes, since cacache takes a text's length for its size.
      const bytes =
        typeof data === "string"
          ? Buffer.from(data)
          : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      await writing(directory, () =>
        bytes.length === 0
          ? insert(key, metadata)
          : cacache.put(directory, key, bytes, { metadata }),
      );
    },
    note: (key, metadata) => writing(directory, () => insert(key, metadata)),
    async *list() {
      for await (const { path } of filesOfPart(directory, "index")) {
        for (const entry of (await readIndexFile(directory, path))?.entries ?? []) {
          const { key, size, time, metadata } = entry;
          yield { key, size, time, metadata };
        }
      }
    },
    async clear() {
      // The index first, so that nothing names content that is gone.
      for (const part of ["index", "content"] as const) await removePart(directory, part);
      await removeAbandoned(directory);
    },
  };
}

/** Marks an entry as used, at most once in {@link markInterval}. A store that can only be read has no marks. */
async function markUse(directory: string, key: string, written: number): Promise<void> {
  const now = Date.now();
  if (now - written < markInterval) return;
  try {
    const path = indexFile(directory, key);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs >= markInterval) await utimes(path, now / 1000, now / 1000);
  } catch {
    // Least recently used is then told less well, which is not worth losing an answer for.
  }
}

/** Writes; once more where it fails, since another process may just have cleared the directory under it. */
async function writing(directory: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write().catch((error: unknown) => {
      if (asFullCache(error, directory)) throw error;
      return write();
    });
  } catch (error) {
    throw asFullCache(error, directory) ?? error;
  }
}

/**
 * Removes a part of the store: out of the others' way at once, then file by file. What others write meanwhile is in a new
 * directory, and stays.
 */
async function removePart(directory: string, part: "index" | "content"): Promise<void> {
  const path = storePart(directory, part);
  const aside = join(storePart(directory, "temporary"), `cleared-${randomUUID()}`);
  let place = aside;
  try {
    await mkdir(storePart(directory, "temporary"), { recursive: true });
    await unlessAbsent(rename(path, aside));
  } catch {
    // A full disk may have no room for another name, and Windows moves no directory of which a file is open.
    place = path;
  }
  await rm(place, { recursive: true, force: true, maxRetries: 3 });
}
