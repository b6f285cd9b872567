import { addAbortSignal } from "node:stream";
import type { Command } from "commander";
import { isAbort } from "../../core/errors.js";
import { type Annotation, openAnnotation } from "../annotation.js";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  runOptions,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import {
  addLabellingFlags,
  type LabellingFlags,
  labelChoices,
  resumeCommand,
} from "../labelling-flags.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions, JobOptions, LabellingFlags {
  readonly annotate?: string;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Label videos, or sequences of vectors, with a model, one line each.")
    .argument("<model>", "model directory")
    .argument(
      "<input...>",
      "videos, directories, patterns, @list.txt (@- is standard input) or images:DIR; for a model of sequences .csv or .safetensors files",
    );
  addLabellingFlags(command)
    .option(
      "--annotate <dir>",
      "write DIR/<name>.mp4 as well: a copy of each video with its label and a timeline drawn on it",
    )
    .addHelpText(
      "after",
      "\nExample:\n  muybridge label model/ clips/ --out labels.jsonl\n  muybridge label model/ film.mp4 --window 2",
    );
  addTalkOptions(addRunOptions(command)).action(
    async (directory: string, inputs: string[], options: Options) => {
      const [{ expandInputs, standardInput, streamInputs }, { labelBatch }, { openModel }] =
        await Promise.all([
          import("../../pipeline/inputs.js"),
          import("../../pipeline/label-batch.js"),
          import("../../pipeline/model.js"),
        ]);
      await using model = await openModel(directory);
      const { kind } = model.settings;
      const inputOptions = { allFiles: options.allFiles ?? false, kind };
      const streamed = inputs.includes(standardInput);
      // Whoever waits for standard input must still hear Ctrl-C.
      if (streamed) addAbortSignal(context.signal, process.stdin);
      const reporter = context.openReporter(options);
      const { out, resume, shard, annotate } = options;
      const labelOptions = {
        model,
        ...labelChoices(options),
        ...runOptions(options, context, reporter),
      };
      let annotation: Annotation | undefined;
      try {
        // The names of annotated copies hang on all inputs.
        const paths =
          streamed && annotate === undefined ? undefined : await expandInputs(inputs, inputOptions);
        if (paths && annotate !== undefined) {
          const subject = { directory: annotate, paths, inputs, context, reporter };
          annotation = await openAnnotation(subject, options, labelOptions);
        }
        const { labelled, failed } = await labelBatch(paths ?? streamInputs(inputs, inputOptions), {
          ...labelOptions,
          format: options.json ? "jsonl" : options.format,
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
        if (isAbort(error) && out !== undefined) {
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
