import { type LabelOptions, label } from "./label.js";
import type { LabelResult } from "./label-result.js";
import { chooseLabelSettings, settingsDigest } from "./label-settings.js";
import { isInShard, type Shard } from "./shard.js";
import { openResultWriter } from "./writers/open-result-writer.js";
import type {
  ResultFormatName,
  ResultWriter,
  ResultWriterOptions,
} from "./writers/result-writer.js";

/** Options of {@link labelBatch}. */
export interface LabelBatchOptions
  extends Omit<LabelOptions, "total">,
    Pick<ResultWriterOptions, "nameOutputs"> {
  readonly format: ResultFormatName;
  /** Where results go. Default: standard output. */
  readonly out?: string;
  /** Keep what an earlier run of the same model and settings wrote there, and label the rest. */
  readonly resume?: boolean;
  /** Label only this part of the inputs. */
  readonly shard?: Shard;
  /** What labels the videos. Default: {@link label}, on this machine. */
  readonly labelVideos?: typeof label;
  /** Called once, before the first video, with what is kept of an earlier run. */
  readonly onKept?: (kept: number) => void;
  /** Given each result of this run when it is written; the next is written when it is done. */
  readonly onResult?: (result: LabelResult) => Promise<void>;
}

/** How a batch ended. What is kept of an earlier run is counted too. */
export interface LabelledBatch {
  readonly labelled: number;
  readonly failed: number;
}

/**
 * Labels many videos and writes their results in the order of the inputs, each as soon as it and those before it are
 * known. Whatever ends the batch, what is written is complete, and `resume` goes on from there.
 *
 * @param inputs an array, of which the number is known at once, or a stream, of which labelling begins with the first
 * @throws MuybridgeError ERR_USAGE for options out of range, a place that cannot be written, and results of another
 * model or other settings that are to be resumed; the signal's reason on abort.
 */
export async function labelBatch(
  inputs: readonly string[] | AsyncIterable<string>,
  options: LabelBatchOptions,
): Promise<LabelledBatch> {
  const { format, out, resume, shard, nameOutputs, onKept, onResult, ...labelOptions } = options;
  const { model, labelVideos = label } = options;
  const origin = {
    model: model.digest,
    options: settingsDigest(chooseLabelSettings(options, model), model),
  };
  // Files of their own are named over all inputs, so that every shard names them alike.
  const known = format === "vtt" || isArray(inputs) ? await collect(inputs) : undefined;
  const writer = await openResultWriter(format, out, {
    ...(resume ? { resume: origin } : {}),
    ...(format === "vtt" && known ? { paths: known } : {}),
    ...(nameOutputs ? { nameOutputs } : {}),
  });
  let [labelled, failed] = [0, 0];
  try {
    const wanted = select(known ?? inputs, writer, shard);
    const rest = known ? await collect(wanted) : wanted;
    const kept = writer.kept.labelled + writer.kept.failed;
    if (kept > 0) onKept?.(kept);
    // So that the number is known, and the rate counts the first video too, before it is done.
    if (!isArray(rest) || rest.length > 0) {
      const total = isArray(rest) ? { total: rest.length } : {};
      options.onProgress?.({ stage: "label", done: 0, failed: 0, unit: "videos", ...total });
    }
    for await (const result of labelVideos(rest, labelOptions)) {
      if ("error" in result) failed += 1;
      else labelled += 1;
      await writer.write(result);
      await onResult?.(result);
    }
  } finally {
    await writer.close();
  }
  return { labelled: labelled + writer.kept.labelled, failed: failed + writer.kept.failed };
}

/** The inputs of this part that have no result yet. */
async function* select(
  inputs: Iterable<string> | AsyncIterable<string>,
  writer: ResultWriter,
  shard: Shard | undefined,
): AsyncGenerator<string, void> {
  for await (const path of inputs) {
    if (shard && !isInShard(path, shard)) continue;
    if (await writer.wants(path)) yield path;
  }
}

function isArray(inputs: readonly string[] | AsyncIterable<string>): inputs is readonly string[] {
  return Array.isArray(inputs);
}

async function collect(
  inputs: readonly string[] | AsyncIterable<string>,
): Promise<readonly string[]> {
  if (isArray(inputs)) return inputs;
  const all: string[] = [];
  for await (const input of inputs) all.push(input);
  return all;
}
