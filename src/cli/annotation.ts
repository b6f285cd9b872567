import { MuybridgeError } from "../core/errors.js";
import type { Annotator } from "../pipeline/annotation/annotator.js";
import type { Model } from "../pipeline/model.js";
import { type CommandContext, type JobOptions, runOptions } from "./command.js";
import { exitCodes } from "./exit-codes.js";
import { outputNames } from "./output-names.js";
import type { Reporter } from "./reporter.js";

/** What the annotation of a command's videos needs to know. */
export interface AnnotationSubject {
  readonly model: Model;
  readonly paths: readonly string[];
  /** What the paths were found by. */
  readonly inputs: readonly string[];
  readonly context: CommandContext;
  readonly reporter: Reporter;
}

/**
 * Opens the annotator of --annotate, where that is given. A video that is labelled but cannot be annotated is told on
 * stderr, and the command then ends as one of which some videos failed.
 *
 * @throws MuybridgeError ERR_USAGE for a model of sequences, and where the directory cannot be written to.
 */
export async function openAnnotation(
  options: JobOptions & { readonly annotate?: string; readonly resume?: boolean },
  { model, paths, inputs, context, reporter }: AnnotationSubject,
): Promise<Annotator | undefined> {
  const { annotate: directory } = options;
  if (directory === undefined) return undefined;
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
    ...runOptions(options, context, reporter),
    names: new Map(paths.map((path, i) => [path, names[i]!])),
    classes: model.classes,
    decoder: settings.decoder,
    keepExisting: options.resume ?? false,
    onFailure({ code, message }) {
      context.exit(exitCodes.someFailed);
      reporter.fail(`not annotated: ${code}: ${message}`);
    },
  });
  return {
    ...annotator,
    async finish() {
      const summary = await annotator.finish();
      const { annotated, kept, failed, withoutSound } = summary;
      const remarks = [
        `${annotated} videos annotated in ${directory}`,
        ...(kept > 0 ? [`${kept} were there`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(withoutSound > 0 ? [`the sound of ${withoutSound} does not fit into .mp4`] : []),
      ];
      reporter.info(remarks.join(", "));
      return summary;
    },
  };
}
