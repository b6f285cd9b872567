import { type FileHandle, open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { type KeptRecords, readKeptRecords } from "./kept-records.js";
import type { RecordFormat } from "./record-format.js";
import type { ResultFormatName, ResultOrigin, ResultWriter } from "./result-writer.js";
import { outError, unwritable } from "./unwritable.js";

/** Where the text of a file goes. */
interface Sink {
  /** Adds text for good, and what closes the file until more is added. */
  put(text: string, closing: string): Promise<void>;
  close(closing: string): Promise<void>;
}

const nothingKept: KeptRecords = {
  paths: new Map(),
  labelled: 0,
  failed: 0,
  end: 0,
  unended: false,
};

/**
 * Opens a writer of a format with one file for all results.
 *
 * @throws MuybridgeError ERR_USAGE; see `openResultWriter`.
 */
export async function openRecordWriter(
  format: RecordFormat,
  name: ResultFormatName,
  out: string | undefined,
  resume: ResultOrigin | undefined,
): Promise<ResultWriter> {
  const there = out === undefined ? undefined : await stat(out).catch(() => undefined);
  const plain = there === undefined || there.isFile();
  if (resume && (out === undefined || !plain)) {
    throw outError("Only a file can be gone on with: --resume needs --out FILE.");
  }
  const kept =
    resume && out !== undefined && there
      ? await readKeptRecords(out, format, name, resume)
      : nothingKept;
  const sink = out !== undefined && plain ? await openFile(out, kept.end) : await openStream(out);
  const left = new Map(kept.paths);
  let first = kept.paths.size === 0;
  await sink.put(kept.end === 0 ? format.opening : kept.unended ? "\n" : "", format.closing);
  return {
    kept,
    async wants(path) {
      const count = left.get(path) ?? 0;
      if (count === 0) return true;
      if (count === 1) left.delete(path);
      else left.set(path, count - 1);
      return false;
    },
    write(result) {
      const text = format.before(first) + format.record(result);
      first = false;
      return sink.put(text, format.closing);
    },
    close: () => sink.close(format.closing),
  };
}

/**
 * A file, kept up to `end`. Text and closing are written by one call, over the closing of before: the file is complete
 * after each, whatever happens to this process.
 */
async function openFile(path: string, end: number): Promise<Sink> {
  let position = end;
  let file: FileHandle;
  try {
    file = await open(path, end === 0 ? "w" : "r+");
    await file.truncate(end);
  } catch (error) {
    throw unwritable(path, error);
  }
  return {
    async put(text, closing) {
      const bytes = Buffer.from(text + closing);
      try {
        for (let done = 0; done < bytes.length; ) {
          const rest = bytes.length - done;
          done += (await file.write(bytes, done, rest, position + done)).bytesWritten;
        }
      } catch (error) {
        throw unwritable(path, error);
      }
      position += Buffer.byteLength(text);
    },
    close: () => file.close(),
  };
}

/** Standard output, a pipe or a device, where what is written stays written. */
async function openStream(path: string | undefined): Promise<Sink> {
  const file = path === undefined ? undefined : await openDevice(path);
  const stream: Writable = file?.createWriteStream() ?? process.stdout;
  // An error is told by the write that meets it.
  stream.on("error", () => {});
  const put = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (text === "") return resolve();
      stream.write(text, (error) => (error ? reject(unwritable(path, error)) : resolve()));
    });
  return {
    put,
    async close(closing) {
      await put(closing);
      await file?.close();
    },
  };
}

function openDevice(path: string): Promise<FileHandle> {
  return open(path, "w").catch((error: unknown) => {
    throw unwritable(path, error);
  });
}
