import { createHash } from "node:crypto";
import { appendFile, mkdir, open, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { contentFile, temporaryFile, unlessAbsent } from "./store-layout.js";

/** An entry of a store. */
export interface StoredEntry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was written, ms since 1970. */
  readonly time: number;
  readonly metadata: unknown;
}

/** An entry, its line, and where its content is. */
export interface IndexEntry extends StoredEntry {
  readonly line: string;
  /** Undefined where there is none: the entry is its metadata. */
  readonly contentPath?: string;
}

/** What an index file says. */
export interface IndexContent {
  /** The last entry of each key that was not removed. */
  readonly entries: readonly IndexEntry[];
  /** Lines that hold none of them: replaced, removed, or damaged. */
  readonly spareLines: number;
  /** Lines whose checksum is wrong. */
  readonly damagedLines: number;
}

/** SHA-512 of no bytes, as cacache writes it: the content of entries that are metadata alone. */
export const integrityOfNothing = `sha512-${createHash("sha512").digest("base64")}`;

/** Reads an index file; undefined where it is gone. */
export async function readIndexFile(
  directory: string,
  path: string,
): Promise<IndexContent | undefined> {
  const file = await unlessAbsent(open(path));
  if (!file) return undefined;
  try {
    return parse(directory, await file.readFile("utf8"));
  } finally {
    await file.close();
  }
}

/**
 * Writes an index file anew with the entries that are to stay, or removes it where there are none. It is replaced as
 * a whole, so that a process that is killed meanwhile leaves the old one; what another process appends to the old one
 * meanwhile is carried over. The time of last use stays.
 *
 * @returns the entries that went, undefined where the file is gone
 */
export async function rewriteIndexFile(
  directory: string,
  path: string,
  stays: (entry: IndexEntry) => Promise<boolean>,
): Promise<readonly IndexEntry[] | undefined> {
  const file = await unlessAbsent(open(path));
  if (!file) return undefined;
  try {
    const { atime, mtime } = await file.stat();
    const { entries } = parse(directory, await file.readFile("utf8"));
    const kept: IndexEntry[] = [];
    const gone: IndexEntry[] = [];
    for (const entry of entries) ((await stays(entry)) ? kept : gone).push(entry);
    if (kept.length === 0) await rm(path, { force: true });
    else {
      const target = temporaryFile(directory);
      await mkdir(dirname(target), { recursive: true });
      try {
        await writeFile(target, kept.map(({ line }) => `\n${line}`).join(""));
        await utimes(target, atime, mtime);
        await rename(target, path);
      } finally {
        await rm(target, { force: true });
      }
    }
    // From where it was read to its end as it is now.
    const tail = await file.readFile();
    if (tail.length > 0) await appendFile(path, tail);
    return gone;
  } finally {
    await file.close();
  }
}

/** The last line of each key counts; one without content says that the entry was removed. */
function parse(directory: string, text: string): IndexContent {
  const entries = new Map<string, IndexEntry | undefined>();
  const lines = text.split("\n").filter(Boolean);
  let damagedLines = 0;
  for (const line of lines) {
    const parsed = parseLine(line);
    if (!parsed) {
      damagedLines += 1;
      continue;
    }
    const { integrity, ...entry } = parsed;
    const path = integrity && contentPath(directory, integrity);
    const place = path ? { contentPath: path } : {};
    entries.set(entry.key, integrity ? { ...entry, line, ...place } : undefined);
  }
  const valid = [...entries.values()].filter((entry) => entry !== undefined);
  return { entries: valid, spareLines: lines.length - valid.length, damagedLines };
}

/** A line of cacache's: SHA-1 of the JSON, a tab, the JSON. Undefined where they do not belong together. */
function parseLine(
  line: string,
): (StoredEntry & { readonly integrity: string | null }) | undefined {
  const [checksum, json = ""] = line.split("\t");
  if (createHash("sha1").update(json).digest("hex") !== checksum) return undefined;
  return JSON.parse(json) as StoredEntry & { integrity: string | null };
}

/** Where the content of this integrity is; undefined for that of nothing, which needs no file. */
function contentPath(directory: string, integrity: string): string | undefined {
  if (integrity === integrityOfNothing) return undefined;
  const digest = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return contentFile(directory, digest);
}
