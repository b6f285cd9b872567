/**
 * Pipeline: files in, labels out. Runs the stages in order, keeps what each has computed, and writes results.
 *
 * This file: what earlier runs have computed, by stage. A key is made of the stage's name and version, the
 * digest of the video's content, and every parameter and weights digest that decides the result; so a renamed,
 * copied or touched video is found again, and a changed one is not.
 */
import { defaultCacheDirectory } from "../core/cache-directory.js";
import { openContentStore } from "../core/content-store.js";
import { digestOf, sha256OfFile } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { asFullCache } from "../core/full-cache.js";
import type { LongCallOptions } from "../core/progress.js";
import { type PrunedStore, pruneStore } from "../core/prune-store.js";
import { unreadableFile } from "../core/unreadable-file.js";
import { type VerifiedStore, verifyStore } from "../core/verify-store.js";
import { addCounts, forgetCounts, readCounts, type StageCounts } from "./cache-counts.js";
import { contentDigest } from "./content-digest.js";
import { identifyFile, racyInterval } from "./file-digest.js";

/** The stages whose results are kept, with the version of what they compute. A new version forgets the old results. */
const stageVersions = { probe: 1, frames: 1, features: 1, predictions: 1 } as const;

/** Name of a cached stage. */
export type StageName = keyof typeof stageVersions;

/** Entries and bytes of one kind in the cache, and how often it was of use since the cache was last cleared. */
export interface StageUse extends StageCounts {
  readonly entries: number;
  readonly bytes: number;
}

/** The cache of one run. */
export interface StageCache {
  readonly directory: string;
  /**
   * SHA-256 of a file's bytes; of `images:DIR`, of its rate and its pictures' digests in their order. A file that
   * was hashed before and has the same device, inode, size and times (nanoseconds) is not read again.
   *
   * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO (not a regular file; no pictures).
   */
  contentDigest(path: string): Promise<string>;
  /** The same where it is had at once: undefined for a large file that was not hashed before. @throws as contentDigest */
  quickDigest(path: string): Promise<string | undefined>;
  /**
   * A result, or undefined where it has to be computed. `parameters` is whatever decides it. A cache that cannot
   * be read is told once through `onWarning`, and is empty.
   */
  get(
    stage: StageName,
    parameters: unknown,
  ): Promise<{ readonly data: Buffer; readonly metadata: unknown } | undefined>;
  /**
   * Keeps a result. A cache that cannot be written is told once through `onWarning` and costs nothing else; where
   * it is full, the warning begins with ERR_CACHE_FULL.
   */
  put(
    stage: StageName,
    parameters: unknown,
    data: Uint8Array | string,
    metadata?: unknown,
  ): Promise<void>;
  /** Counts an answer of a stage that another process asked the cache for; what `get` answers is counted. */
  count(stage: StageName, hit: boolean): void;
  /** Use by kind: the stages, "digests" (of known files) and "cnn" (converted networks). */
  use(): Promise<Record<string, StageUse>>;
  /**
   * Reads everything, and removes what is damaged.
   *
   * @throws MuybridgeError ERR_CACHE_FULL, ERR_USAGE where the directory cannot be read or changed; the signal's reason.
   */
  verify(options?: LongCallOptions): Promise<VerifiedStore>;
  /** Removes what was used least recently, until at most `maxSize` bytes are left. @throws as verify */
  prune(maxSize: number, options?: LongCallOptions): Promise<PrunedStore>;
  /** Removes every entry, and the counts. @throws as verify */
  clear(): Promise<void>;
  /** Adds what this run has counted to the counts of all runs. */
  close(): Promise<void>;
}

/** Options of {@link openStageCache}. */
export interface StageCacheOptions {
  /** Default: MUYBRIDGE_CACHE_DIR, else the platform's cache directory + /muybridge. */
  readonly cacheDir?: string;
  readonly onWarning?: (message: string) => void;
}

/** Bytes that are hashed in a tenth of a second or so. */
const quicklyHashed = 64 * 2 ** 20;

/** Opens the cache; the directory need not exist. */
export function openStageCache(options: StageCacheOptions = {}): StageCache {
  const directory = options.cacheDir ?? defaultCacheDirectory();
  const warn = options.onWarning ?? (() => {});
  const store = openContentStore(directory, (key) =>
    warn(`A damaged cache entry was dropped and is computed again (${key}).`),
  );
  let writable = true;
  let readable = true;
  const counts = new Map<string, StageCounts>();
  const count = (kind: string, hit: boolean): void => {
    const { hits, misses } = counts.get(kind) ?? { hits: 0, misses: 0 };
    counts.set(kind, hit ? { hits: hits + 1, misses } : { hits, misses: misses + 1 });
  };
  /** Reads from the store; one that cannot be read counts as empty. */
  const look = async <T>(kind: string, read: () => Promise<T>): Promise<T | undefined> => {
    if (!readable) return undefined;
    try {
      const found = await read();
      count(kind, found !== undefined);
      return found;
    } catch (error) {
      readable = false;
      warn(`The cache in ${directory} cannot be read; going on without it: ${messageOf(error)}`);
      return undefined;
    }
  };
  const keep = async (write: () => Promise<void>): Promise<void> => {
    if (!writable) return;
    try {
      await write();
    } catch (error) {
      if (writable) warn(withoutCache(directory, error));
      writable = false;
    }
  };
  const stageKey = (stage: StageName, parameters: unknown): string =>
    `${stage}:v${stageVersions[stage]}:${digestOf(parameters)}`;
  /** Undefined only where the file was not hashed before and has more than `limit` bytes. */
  const fileDigest = async (path: string, limit?: number): Promise<string | undefined> => {
    const before = await identifyFile(path);
    const key = `digests:${before.identity}`;
    // Without a stable inode two files may share an identity, so that the file itself is read.
    const known = before.hasInode ? await look("digests", () => store.metadata(key)) : undefined;
    if (typeof known === "string") return known;
    if (limit !== undefined && before.size > limit) return undefined;
    const digest = await sha256OfFile(path).catch((error: unknown) => {
      throw unreadableFile(path, error);
    });
    const after = await identifyFile(path);
    const settled = Date.now() - after.changed > racyInterval;
    if (after.hasInode && settled && after.identity === before.identity) {
      await keep(() => store.note(key, digest));
    }
    return digest;
  };
  return {
    directory,
    contentDigest: (path) => contentDigest(path, async (file) => (await fileDigest(file))!),
    async quickDigest(path) {
      let known = true;
      const digest = await contentDigest(path, async (file) => {
        const own = await fileDigest(file, quicklyHashed);
        known &&= own !== undefined;
        return own ?? "";
      });
      return known ? digest : undefined;
    },
    get: (stage, parameters) => look(stage, () => store.get(stageKey(stage, parameters))),
    put: (stage, parameters, data, metadata) =>
      keep(() => store.put(stageKey(stage, parameters), data, metadata)),
    count,
    async use() {
      const kinds: Record<string, { entries: number; bytes: number } & StageCounts> = {};
      for (const [kind, told] of await readCounts(directory)) {
        kinds[kind] = { entries: 0, bytes: 0, ...told };
      }
      for await (const { key, size } of store.list()) {
        const name = key.slice(0, key.indexOf(":"));
        const kind = (kinds[name] ??= { entries: 0, bytes: 0, hits: 0, misses: 0 });
        kind.entries += 1;
        kind.bytes += size;
      }
      return kinds;
    },
    verify: (choices) => upkeep(directory, () => verifyStore(directory, choices)),
    prune: (maxSize, choices) => upkeep(directory, () => pruneStore(directory, maxSize, choices)),
    clear: () =>
      upkeep(directory, async () => {
        await store.clear();
        await forgetCounts(directory);
      }),
    async close() {
      const told = new Map(counts);
      counts.clear();
      await keep(() => addCounts(directory, told));
    },
  };
}

/** Errors of the file system are the user's to mend. */
async function upkeep<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).errno !== "number") throw error;
    const full = asFullCache(error, directory);
    if (full) throw full;
    throw new MuybridgeError(
      "ERR_USAGE",
      `The cache in ${directory} cannot be looked after: ${messageOf(error)}`,
      { path: directory, parameter: "MUYBRIDGE_CACHE_DIR", cause: error },
    );
  }
}

function withoutCache(directory: string, error: unknown): string {
  const known = error instanceof MuybridgeError ? error : asFullCache(error, directory);
  return known
    ? `${known.code}: ${known.message} Going on without keeping results.`
    : `The cache in ${directory} cannot be written; going on without it: ${messageOf(error)}`;
}
