import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { splitBytes } from "../../core/split-bytes.js";
import type { LabelResult } from "../../pipeline/label-result.js";
import { toJsonLine } from "../../pipeline/writers/jsonl.js";
import { unwritable } from "../../pipeline/writers/unwritable.js";
import { resultSchema, type StudioResult } from "./messages.js";

/** The results of all labelling, the last one of each video. */
export interface ResultLog {
  readonly all: () => StudioResult[];
  readonly get: (path: string) => StudioResult | undefined;
  /** Resolves when it is on its way to the disk, after all before it. */
  readonly add: (result: LabelResult) => Promise<void>;
  readonly close: () => Promise<void>;
}

const lineBreak = 10;

/**
 * Opens a file of results, to which every result is appended at once. What was cut off by an end of the machine, or is no
 * result, is left out and told.
 */
export async function openResultLog(
  path: string,
  onWarning: (message: string) => void,
): Promise<ResultLog> {
  const results = new Map<string, StudioResult>();
  let lines = 0;
  let broken = 0;
  try {
    for await (const { bytes, ended } of splitBytes(createReadStream(path), lineBreak)) {
      lines += 1;
      const result = ended ? parseResult(bytes.toString("utf8")) : undefined;
      if (result) setLast(results, result);
      else broken += 1;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (broken > 0)
    onWarning(`${broken} lines of ${path} are no complete results, and are left out.`);
  if (broken > 0 || lines > 2 * results.size) {
    await writeFileAtomically(path, [...results.values()].map(toJsonLine).join(""));
  }
  const file = await open(path, "a");
  let last: Promise<unknown> = Promise.resolve();
  return {
    all: () => [...results.values()],
    get: (video) => results.get(video),
    add(result) {
      setLast(results, result);
      const written = last.then(() =>
        file.appendFile(toJsonLine(result)).catch((error: unknown) => {
          throw unwritable(path, error);
        }),
      );
      last = written.catch(() => {});
      return written;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

/** The newest result stands last. */
function setLast(results: Map<string, StudioResult>, result: LabelResult): void {
  results.delete(result.path);
  results.set(result.path, result as StudioResult);
}

function parseResult(line: string): StudioResult | undefined {
  try {
    return resultSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
