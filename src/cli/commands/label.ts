import { addAbortSignal } from "node:stream";
import { type Command, Option } from "commander";
import { isAbort } from "../../core/errors.js";
import { labelChoicesOf } from "../../pipeline/label-settings.js";
import { type Annotation, openAnnotation } from "../annotation.js";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  runOptions,
  wholeNumber,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { addLabeller, type LabellerFlags, namedIn, openLabeller } from "../labeller.js";
import { addLabellingFlags, type LabellingFlags, resumeCommand } from "../labelling-flags.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";
import { writeSuggestions } from "../suggestions.js";

interface Options extends TalkOptions, JobOptions, LabellingFlags, LabellerFlags {
  readonly annotate?: string;
  readonly suggest?: number;
}

/** Options that have no meaning for --suggest. */
const labellingOnly = [
  "format",
  "top",
  "threshold",
  "strict",
  "resume",
  "shard",
  "window",
  "stride",
  "minLength",
  "track",
  "annotate",
];

export function define(command: Command, context: CommandContext): void {
  addLabeller(
    command.description(
      "Label videos, or sequences of vectors, with a model or by a few examples, one line each.",
    ),
  );
  addLabellingFlags(command)
    .option(
      "--annotate <dir>",
      "write DIR/<name>.mp4 as well: a copy of each video with its label and a timeline drawn on it",
    )
    .addOption(
      new Option(
        "--suggest <n>",
        "instead of labelling, name the n videos whose labels would teach most, as a manifest to fill in (.csv, .jsonl)",
      )
        .argParser(wholeNumber(1, 1_000_000))
        .conflicts(labellingOnly),
    )
    .addHelpText(
      "after",
      "\nExample:\n  muybridge label model/ clips/ --out labels.jsonl\n  muybridge label model/ film.mp4 --window 2\n  muybridge label --examples few/ clips/ --out labels.jsonl\n  muybridge label model/ clips/ --suggest 20 --out next.csv",
    );
  addTalkOptions(addRunOptions(command)).action(
    async (first: string | undefined, rest: string[], options: Options) => {
      const words = first === undefined ? rest : [first, ...rest];
      const { directory, inputs } = namedIn(words, options, command);
      const [{ expandInputs, standardInput, streamInputs }, { labelBatch }] = await Promise.all([
        import("../../pipeline/inputs.js"),
        import("../../pipeline/label-batch.js"),
      ]);
      const reporter = context.openReporter(options);
      const run = runOptions(options, context, reporter);
      await using model = await openLabeller(directory, options, run, reporter);
      const { kind } = model.settings;
      const inputOptions = { allFiles: options.allFiles ?? false, kind };
      const streamed = inputs.includes(standardInput);
      // Whoever waits for standard input must still hear Ctrl-C.
      if (streamed) addAbortSignal(context.signal, process.stdin);
      const { out, json, resume, shard, annotate, suggest: count } = options;
      const labelOptions = {
        model,
        ...labelChoicesOf(options),
        ...run,
      };
      let annotation: Annotation | undefined;
      try {
        // The names of annotated copies hang on all inputs.
        const paths =
          streamed && annotate === undefined && count === undefined
            ? undefined
            : await expandInputs(inputs, inputOptions);
        if (paths && count !== undefined) {
          const subject = {
            model,
            paths,
            count,
            ...(out === undefined ? {} : { out }),
            ...(json ? { json } : {}),
          };
          await writeSuggestions(subject, run, context, reporter);
          return;
        }
        if (paths && annotate !== undefined) {
          const subject = { directory: annotate, paths, inputs, context, reporter };
          annotation = await openAnnotation(subject, options, labelOptions);
        }
        const { labelled, failed } = await labelBatch(paths ?? streamInputs(inputs, inputOptions), {
          ...labelOptions,
          format: json ? "jsonl" : options.format,
          ...(out === undefined ? {} : { out }),
          ...(resume ? { resume } : {}),
          ...(shard ? { shard } : {}),
          nameOutputs: (all) => outputNames(all, inputs),
          onKept: (kept) =>
            reporter.info(`${kept} ${kind}s are kept from before; labelling the rest.`),
          ...(annotation ? { onResult: annotation.take } : {}),
        });
        const remark = await annotation?.finish();
        reporter.close();
        if (labelled + failed === 0)
          reporter.onWarning(`No ${kind}s are found in ${inputs.join(", ")}.`);
        reporter.info(`${labelled} ${kind}s labelled${failed > 0 ? `, ${failed} failed` : ""}`);
        if (remark !== undefined) reporter.info(remark);
        if (failed > 0) context.exit(exitCodes.someFailed);
      } catch (error) {
        if (isAbort(error) && out !== undefined && count === undefined) {
          reporter.close();
          reporter.fail(`${out} is complete as far as it goes. To go on: ${resumeCommand()}`);
        }
        throw error;
      } finally {
        await annotation?.close();
        // It keeps the process while it is open; what ended the batch may have come before its end.
        if (streamed) process.stdin.destroy();
      }
    },
  );
}
