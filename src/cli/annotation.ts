import { MuybridgeError } from "../core/errors.js";
import type { LabelOptions } from "../pipeline/label.js";
import type { LabelResult } from "../pipeline/label-result.js";
import { isInShard, type Shard } from "../pipeline/shard.js";
import type { CommandContext } from "./command.js";
import { exitCodes } from "./exit-codes.js";
import { outputNames } from "./output-names.js";
import type { Reporter } from "./reporter.js";

/** What --annotate does beside labelling. */
export interface Annotation {
  /** Takes a result, whose copy is written meanwhile. */
  readonly take: (result: LabelResult) => Promise<void>;
  /** Waits until all copies are written, and says what became of them. */
  finish(): Promise<string>;
  /** Gives up what is not written yet. */
  close(): Promise<void>;
}

/** What is annotated, and where to. */
export interface AnnotationSubject {
  readonly directory: string;
  readonly paths: readonly string[];
  /** What the paths were found by. */
  readonly inputs: readonly string[];
  readonly context: CommandContext;
  readonly reporter: Reporter;
}

/**
 * Opens the annotation of a command's videos. A video that is labelled but cannot be annotated is told on stderr, and
 * the command then ends as one of which some videos failed.
 *
 * @throws MuybridgeError ERR_USAGE for a model of sequences, and where the directory cannot be written to.
 */
export async function openAnnotation(
  { directory, paths, inputs, context, reporter }: AnnotationSubject,
  { resume = false, shard }: { readonly resume?: boolean; readonly shard?: Shard },
  labelOptions: LabelOptions,
): Promise<Annotation> {
  const { model } = labelOptions;
  const { settings } = model;
  if (settings.kind === "sequence") {
    throw new MuybridgeError(
      "ERR_USAGE",
      "--annotate draws on videos; this is a model of sequences, which have no pictures.",
      { parameter: "annotate" },
    );
  }
  const { openAnnotator } = await import("../pipeline/annotation/annotator.js");
  const names = outputNames(paths, inputs);
  const annotator = await openAnnotator(directory, {
    ...labelOptions,
    names: new Map(paths.map((path, i) => [path, names[i]!])),
    classes: model.classes,
    decoder: settings.decoder,
    keepExisting: resume,
    onFailure({ code, message }) {
      context.exit(exitCodes.someFailed);
      reporter.fail(`not annotated: ${code}: ${message}`);
    },
  });

  /** What an earlier run has labelled, it may not have annotated. Its labels are asked of the cache. */
  const takeKept = async (): Promise<void> => {
    const mine = shard ? paths.filter((path) => isInShard(path, shard)) : paths;
    const missing = await annotator.missing(mine);
    if (missing.length === 0) return;
    const { label } = await import("../pipeline/label.js");
    for await (const result of label(missing, labelOptions)) await annotator.take(result);
  };

  return {
    take: annotator.take,
    async finish() {
      if (resume) await takeKept();
      const { annotated, kept, failed, withoutSound } = await annotator.finish();
      const remarks = [
        `${annotated} videos annotated in ${directory}`,
        ...(kept > 0 ? [`${kept} were there`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(withoutSound > 0 ? [`the sound of ${withoutSound} does not fit into .mp4`] : []),
      ];
      return remarks.join(", ");
    },
    close: annotator.close,
  };
}
