import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { MuybridgeError } from "../../core/errors.js";
import type { LabelResult } from "../label-result.js";

/** Writes results as they come, in their order. */
export interface ResultWriter {
  /** Resolves when the line is handed on; each is handed on whole. */
  write(result: LabelResult): Promise<void>;
  close(): Promise<void>;
}

/** A way of writing results as text. */
interface ResultFormat {
  readonly header: string;
  readonly line: (result: LabelResult) => string;
}

/** The formats, loaded when they are asked for. */
const formats = {
  jsonl: async () => ({ header: "", line: (await import("./jsonl.js")).toJsonLine }),
  csv: async () => {
    const { csvHeader, toCsv } = await import("./csv.js");
    return { header: csvHeader, line: toCsv };
  },
} as const satisfies Record<string, () => Promise<ResultFormat>>;

/** Names of the formats. */
export type ResultFormatName = keyof typeof formats;

/** Names of the formats. */
export const resultFormatNames = Object.keys(formats) as readonly ResultFormatName[];

/**
 * Opens a writer onto a file, which is replaced, or onto standard output.
 *
 * @throws MuybridgeError ERR_USAGE where the file cannot be written.
 */
export async function openResultWriter(
  format: ResultFormatName,
  path?: string,
): Promise<ResultWriter> {
  const { header, line } = await formats[format]();
  const sink: Writable = path === undefined ? process.stdout : createWriteStream(path);
  // An error is told by the write that meets it.
  sink.on("error", () => {});
  const put = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      sink.write(text, (error) => {
        if (!error) return resolve();
        const where = path ?? "standard output";
        reject(
          new MuybridgeError("ERR_USAGE", `${where} cannot be written: ${error.message}`, {
            parameter: "out",
            cause: error,
          }),
        );
      });
    });
  if (path !== undefined || header !== "") await put(header);
  return {
    write: (result) => put(line(result)),
    async close() {
      if (path === undefined) return;
      sink.end();
      await finished(sink);
    },
  };
}
