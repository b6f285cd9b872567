import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { sha256 } from "../../core/digest.js";

/** Where the bytes of a part came from, kept beside it so that a later run can go on. */
const originSchema = z.object({
  url: z.string(),
  /** The server's mark of this very content, for If-Range: a strong ETag or a date. */
  validator: z.string().optional(),
  etag: z.string().optional(),
  /** Size of the whole file, in bytes. */
  total: z.int().nonnegative().optional(),
});

export type Origin = Readonly<z.infer<typeof originSchema>>;

/** What has come so far of a file, on disk beside the place it will take. */
export interface PartialFile extends AsyncDisposable {
  /** Bytes so far. */
  readonly length: () => number;
  /** Where they came from; undefined for a part that has not begun. */
  readonly origin: () => Origin | undefined;
  /** SHA-256 of the bytes so far, in hexadecimal. */
  readonly digest: () => string;
  /** Its first bytes, at most `headLength`. */
  readonly head: () => Uint8Array;
  /** Throws the bytes away. What is appended next comes from `origin`. */
  readonly restart: (origin?: Origin) => Promise<void>;
  readonly append: (chunk: Uint8Array) => Promise<void>;
  /** Makes it the file, in one step, once all of it is on the disk. */
  readonly finish: () => Promise<void>;
}

/** Bytes at the beginning that are kept to tell what kind of file it is. */
const headLength = 64;

/** A part that nobody has written to for so long is nobody's: a living download waits shorter. Milliseconds. */
const abandonedAfter = 10 * 60_000;

/** Parts that this process is writing. */
const active = new Set<string>();

const host = sha256(hostname()).slice(0, 8);

/**
 * Opens the part of a file: one that an earlier run has left, or an empty one. Every process writes to a part of
 * its own name, so that two of them never write to one file. Disposing of it keeps what has come for next time.
 *
 * @param target the path of the whole file; its directory must exist
 */
export async function openPartialFile(target: string): Promise<PartialFile> {
  const path = `${target}.${host}.${process.pid}.${randomBytes(4).toString("hex")}.part`;
  active.add(path);
  try {
    await adoptLargest(target, path);
    return await openPart(path, target, await open(path, "a+"));
  } catch (error) {
    active.delete(path);
    throw error;
  }
}

async function openPart(path: string, target: string, file: FileHandle): Promise<PartialFile> {
  let hash = createHash("sha256");
  let head = Buffer.alloc(0);
  let length = 0;
  let origin = await readOrigin(path);
  let isOpen = true;
  const count = (chunk: Uint8Array): void => {
    hash.update(chunk);
    length += chunk.length;
    if (head.length < headLength) head = Buffer.concat([head, chunk]).subarray(0, headLength);
  };
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  const remove = (): Promise<unknown> =>
    Promise.all([path, originPath(path)].map((name) => rm(name, { force: true })));
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    count(chunk as Uint8Array);
  }
  return {
    length: () => length,
    origin: () => origin,
    digest: () => hash.copy().digest("hex"),
    head: () => head,
    async restart(next) {
      await file.truncate();
      hash = createHash("sha256");
      head = Buffer.alloc(0);
      length = 0;
      origin = next;
      if (next) await writeFileAtomically(originPath(path), JSON.stringify(next));
    },
    async append(chunk) {
      await file.writeFile(chunk);
      count(chunk);
    },
    async finish() {
      await file.sync();
      await close();
      await rename(path, target);
      await rm(originPath(path), { force: true });
      await syncDirectory(dirname(target));
    },
    async [Symbol.asyncDispose]() {
      if (isOpen && length === 0) await remove();
      await close();
      active.delete(path);
    },
  };
}

function originPath(path: string): string {
  return `${path}.json`;
}

async function readOrigin(path: string): Promise<Origin | undefined> {
  try {
    return originSchema.parse(JSON.parse(await readFile(originPath(path), "utf8")));
  } catch {
    // Without it, or with a damaged one, the part cannot be gone on with; it begins again.
    return undefined;
  }
}

/** Takes over the largest part that nobody writes to any more, and removes the others of that kind. */
async function adoptLargest(target: string, path: string): Promise<void> {
  const left: { path: string; size: number }[] = [];
  for (const name of await readdir(dirname(target))) {
    const candidate = join(dirname(target), name);
    const size = await sizeOfLeftPart(candidate, basename(target));
    if (size !== undefined) left.push({ path: candidate, size });
  }
  left.sort((a, b) => b.size - a.size);
  let adopted = false;
  for (const candidate of left) {
    try {
      // Renaming is what decides between two processes that want the same one.
      if (!adopted) await rename(candidate.path, path);
      else await rm(candidate.path);
      if (!adopted) await rename(originPath(candidate.path), originPath(path)).catch(() => {});
      else await rm(originPath(candidate.path), { force: true });
      adopted = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** Size of a part of the file that nobody writes to any more; undefined for all else. */
async function sizeOfLeftPart(path: string, file: string): Promise<number | undefined> {
  const name = basename(path);
  const [, itsHost, pid] = /\.([0-9a-f]{8})\.(\d{1,10})\.[0-9a-f]{8}\.part$/.exec(name) ?? [];
  if (!name.startsWith(`${file}.`) || pid === undefined || active.has(path)) return undefined;
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  const itsWriterIsGone = itsHost === host && !isRunning(Number(pid));
  return itsWriterIsGone || Date.now() - found.mtimeMs > abandonedAfter ? found.size : undefined;
}

/** Whether another process of this number is there. This one's own parts are in {@link active}. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes a rename last through a power cut, on systems where directories can be synchronised. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
