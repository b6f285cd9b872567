import type { RecordFormat } from "./record-format.js";
import type { ResultFormatName, ResultWriter, ResultWriterOptions } from "./result-writer.js";

/** The formats with one file for all results, loaded when they are asked for. */
const recordFormats: Readonly<Record<string, () => Promise<RecordFormat>>> = {
  jsonl: async () => (await import("./jsonl.js")).jsonlFormat,
  csv: async () => (await import("./csv.js")).csvFormat,
  labelstudio: async () => (await import("./label-studio.js")).labelStudioFormat,
};

/**
 * Opens a writer onto a file, which is replaced unless it is resumed, or onto standard output. `vtt` writes a file a
 * video: into a directory, or, of a single video, to a file.
 *
 * @throws MuybridgeError ERR_USAGE where it cannot be written; where what is to be resumed is of another origin, or no
 * such results at all.
 */
export async function openResultWriter(
  format: ResultFormatName,
  out?: string,
  options: ResultWriterOptions = {},
): Promise<ResultWriter> {
  const recordFormat = await recordFormats[format]?.();
  if (!recordFormat) {
    const { openSubtitleWriter } = await import("./subtitle-writer.js");
    return openSubtitleWriter(out, options);
  }
  const { openRecordWriter } = await import("./record-writer.js");
  return openRecordWriter(recordFormat, format, out, options.resume);
}
