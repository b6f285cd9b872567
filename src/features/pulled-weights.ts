import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../core/atomic-file.js";
import { defaultCacheDirectory } from "../core/cache-directory.js";
import { sha256 } from "../core/digest.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import type { CnnDownload, CnnSource } from "./cnn-source.js";

/** Largest file that is taken where the true size is not known, in bytes: ten times a large CNN for phones. */
export const maxUnknownSize = 256_000_000;

/** What is remembered of a file whose digest nobody has told: what came the first time. */
const recordSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
  /** Address it came from; absent where it was put there by hand. */
  url: z.string().optional(),
  /** ISO 8601. */
  date: z.string(),
});

/** What is remembered of a file: see {@link remember}. */
export type WeightsRecord = Readonly<z.infer<typeof recordSchema>>;

/** A file of weights that was found. */
export interface FoundWeights {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Whether the digest is one that was known before, from the catalogue or from the first time. */
  readonly known: boolean;
}

/** Directory of the networks that were pulled, one directory each. */
export function pulledDirectory(): string {
  return join(defaultCacheDirectory(), "cnn");
}

/** Where a downloaded network is kept. */
export function weightsPath(name: string, { file }: CnnDownload): string {
  return join(pulledDirectory(), name, file);
}

/** Source of a network that must be pulled before it is used. */
export function pulledSource(name: string, download: CnnDownload): CnnSource {
  return {
    get path() {
      return weightsPath(name, download);
    },
    locate: () => weightsPath(name, download),
    read: async () => (await findWeights(name, download)).bytes,
    digest: async () => (await findWeights(name, download)).sha256,
    download,
  };
}

/**
 * Reads a downloaded network's file and checks it.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where it is not there (`cause` is then the file system's
 * error) or is not the file that is known, saying what to do.
 */
export async function findWeights(name: string, download: CnnDownload): Promise<FoundWeights> {
  const path = weightsPath(name, download);
  const bytes = await readBounded(path, name, download);
  const found = sha256(bytes);
  const record = await readRecord(path);
  const expected = download.sha256 ?? record?.sha256;
  if (expected !== undefined && found !== expected) {
    throw damaged(path, name, `it has the SHA-256 ${found}, expected is ${expected}`);
  }
  return { bytes, sha256: found, known: expected !== undefined };
}

async function readBounded(path: string, name: string, download: CnnDownload): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size !== (download.size ?? size) || size > (download.size ?? maxUnknownSize)) {
      throw damaged(path, name, `it has ${size} bytes, expected are ${download.size ?? "fewer"}`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" || code === "ENOTDIR"
        ? `The weights of ${name} are not there yet.`
        : `The weights of ${name} cannot be read: ${messageOf(error)}.`;
    throw new MuybridgeError(
      "ERR_WEIGHTS_UNAVAILABLE",
      `${why} muybridge cnn pull ${name} gets them${sizeOf(download)}. ${byHand(name, download)}`,
      { path, cause: error },
    );
  }
}

function sizeOf({ size }: CnnDownload): string {
  return size === undefined ? "" : ` (${(size / 1e6).toFixed(1)} MB)`;
}

/** How to do without a download. */
export function byHand(name: string, download: CnnDownload): string {
  return `Without a way to the internet: get ${download.urls[0]} elsewhere and put it at ${weightsPath(name, download)}; or name a file of your own instead of ${name}.`;
}

function damaged(path: string, name: string, why: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `${path} is not the file that it should be: ${why}. muybridge cnn pull ${name} gets it again.`,
    { path },
  );
}

/** Path of what is remembered of a file. */
export function recordPath(path: string): string {
  return `${path}.json`;
}

/** Remembers what came, so that another file in its place is noticed. */
export async function remember(path: string, record: WeightsRecord): Promise<void> {
  await writeFileAtomically(recordPath(path), `${JSON.stringify(record, undefined, 2)}\n`);
}

/**
 * What is remembered of a file; undefined where nothing is.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where the record is damaged.
 */
export async function readRecord(path: string): Promise<WeightsRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordPath(path), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const file = recordPath(path);
    throw new MuybridgeError(
      "ERR_WEIGHTS_UNAVAILABLE",
      `${file} cannot be read: ${messageOf(error)}. Remove it, and the digest of ${path} is remembered anew.`,
      { path: file, cause: error },
    );
  }
}
