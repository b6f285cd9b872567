/**
 * Pipeline: files in, labels out. Runs the stages in order, keeps what each has computed, and writes results.
 *
 * This file: what earlier runs have computed, by stage. A key is made of the stage's name and version, the
 * digest of the video's content, and every parameter and weights digest that decides the result; so a renamed,
 * copied or touched video is found again, and a changed one is not.
 */
import { stat } from "node:fs/promises";
import { defaultCacheDirectory } from "../core/cache-directory.js";
import { openContentStore } from "../core/content-store.js";
import { digestOf, sha256OfFile } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { unreadableFile } from "../core/unreadable-file.js";
import { contentDigest } from "./content-digest.js";

/** The stages whose results are kept, with the version of what they compute. A new version forgets the old results. */
const stageVersions = { features: 1, predictions: 1 } as const;

/** Name of a cached stage. */
export type StageName = keyof typeof stageVersions;

/** Entries and bytes of one kind in the cache. */
export interface StageUse {
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
  /**
   * A result, or undefined where it has to be computed. `parameters` is whatever decides it. A cache that cannot
   * be read is told once through `onWarning`, and is empty.
   */
  get(
    stage: StageName,
    parameters: unknown,
  ): Promise<{ readonly data: Buffer; readonly metadata: unknown } | undefined>;
  /** Keeps a result. A cache that cannot be written is told once through `onWarning` and costs nothing else. */
  put(
    stage: StageName,
    parameters: unknown,
    data: Uint8Array | string,
    metadata?: unknown,
  ): Promise<void>;
  /** Use by kind: the stages, "digests" (of known files) and "cnn" (converted networks). */
  use(): Promise<Record<string, StageUse>>;
  clear(): Promise<void>;
}

/** Options of {@link openStageCache}. */
export interface StageCacheOptions {
  /** Default: MUYBRIDGE_CACHE_DIR, else the platform's cache directory + /muybridge. */
  readonly cacheDir?: string;
  readonly onWarning?: (message: string) => void;
}

/**
 * A file changed this shortly before it was hashed may change again without a new time stamp (coarse clocks),
 * so that its digest is not kept: git's "racy" rule. Milliseconds.
 */
const racyInterval = 2000;

/** Opens the cache; the directory need not exist. */
export function openStageCache(options: StageCacheOptions = {}): StageCache {
  const directory = options.cacheDir ?? defaultCacheDirectory();
  const warn = options.onWarning ?? (() => {});
  const store = openContentStore(directory, (key) =>
    warn(`A damaged cache entry was dropped and is computed again (${key}).`),
  );
  let writable = true;
  let readable = true;
  /** Reads from the store; one that cannot be read counts as empty. */
  const look = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    if (!readable) return undefined;
    try {
      return await read();
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
      writable = false;
      warn(`The cache in ${directory} cannot be written; going on without it: ${messageOf(error)}`);
    }
  };
  const stageKey = (stage: StageName, parameters: unknown): string =>
    `${stage}:v${stageVersions[stage]}:${digestOf(parameters)}`;
  const fileDigest = async (path: string): Promise<string> => {
    const before = await statFile(path);
    const key = `digests:${before.identity}`;
    // Without a stable inode two files may share an identity, so that the file itself is read.
    const known = before.hasInode ? await look(() => store.metadata(key)) : undefined;
    if (typeof known === "string") return known;
    const digest = await sha256OfFile(path).catch((error: unknown) => {
      throw unreadableFile(path, error);
    });
    const after = await statFile(path);
    const settled = Date.now() - after.changed > racyInterval;
    if (after.hasInode && settled && after.identity === before.identity) {
      await keep(() => store.note(key, digest));
    }
    return digest;
  };
  return {
    directory,
    contentDigest: (path) => contentDigest(path, fileDigest),
    get: (stage, parameters) => look(() => store.get(stageKey(stage, parameters))),
    put: (stage, parameters, data, metadata) =>
      keep(() => store.put(stageKey(stage, parameters), data, metadata)),
    async use() {
      const kinds: Record<string, { entries: number; bytes: number }> = {};
      for await (const { key, size } of store.list()) {
        const name = key.slice(0, key.indexOf(":"));
        const kind = (kinds[name] ??= { entries: 0, bytes: 0 });
        kind.entries += 1;
        kind.bytes += size;
      }
      return kinds;
    },
    clear: () => store.clear(),
  };
}

interface FileIdentity {
  readonly identity: string;
  readonly hasInode: boolean;
  /** Time of the last change of content or inode, ms since 1970. */
  readonly changed: number;
}

async function statFile(path: string): Promise<FileIdentity> {
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
    changed: Math.max(Number(mtimeNs), Number(ctimeNs)) / 1e6,
  };
}
