import { type Command, Option } from "commander";
import {
  openResultWriter,
  type ResultFormatName,
  resultFormatNames,
} from "../../pipeline/writers/result-writer.js";
import {
  addJobOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  number,
  runOptions,
  wholeNumber,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions, JobOptions {
  readonly out?: string;
  readonly format: ResultFormatName;
  readonly json?: boolean;
  readonly top?: number;
  readonly threshold?: number;
  readonly strict?: boolean;
  readonly window?: number;
  readonly stride?: number;
  readonly minLength?: number;
  readonly track?: boolean;
  readonly allFiles?: boolean;
}

/** Parser of an option that takes seconds; which ones make sense together, `label` says. */
const seconds = number(0, 1e6);

export function define(command: Command, context: CommandContext): void {
  command
    .description("Label videos, or sequences of vectors, with a model, one line each.")
    .argument("<model>", "model directory")
    .argument(
      "<input...>",
      "videos, directories, patterns, @list.txt (@- is standard input) or images:DIR; for a model of sequences .csv or .safetensors files",
    )
    .option("--out <file>", "write to a file instead of standard output")
    .addOption(
      new Option("--format <name>", "how results are written")
        .choices(resultFormatNames)
        .default("jsonl"),
    )
    .option("--json", "the same as --format jsonl")
    .option("--top <k>", "classes to list (default: 5)", wholeNumber(1, 100_000))
    .option(
      "--threshold <p>",
      "confidence below which the label is unknown (default: 0)",
      number(0, 1),
    )
    .option("--strict", "take a truncated video for a failure")
    .option(
      "--window <s>",
      "find segments in long videos, by a window of so many seconds that slides over them; about as long as the clips of the training",
      seconds,
    )
    .option("--stride <s>", "seconds from window to window (default: a quarter of it)", seconds)
    .option(
      "--min-length <s>",
      "seconds below which a segment goes to its neighbours (default: half the window)",
      seconds,
    )
    .option("--track", "add the probabilities over time to each line of JSON")
    .option("--all-files", "take every file of a directory, whatever its extension")
    .addHelpText(
      "after",
      "\nExample:\n  muybridge label model/ clips/ --out labels.jsonl\n  muybridge label model/ film.mp4 --window 2",
    );
  addTalkOptions(addJobOptions(command)).action(
    async (directory: string, inputs: string[], options: Options) => {
      const [{ expandInputs }, { label }, { openModel }] = await Promise.all([
        import("../../pipeline/inputs.js"),
        import("../../pipeline/label.js"),
        import("../../pipeline/model.js"),
      ]);
      await using model = await openModel(directory);
      const paths = await expandInputs(inputs, {
        allFiles: options.allFiles ?? false,
        kind: model.settings.kind,
      });
      const reporter = context.openReporter(options);
      const kinds = `${model.settings.kind}s`;
      if (paths.length === 0) reporter.onWarning(`No ${kinds} are found in ${inputs.join(", ")}.`);
      const { top, threshold, strict, window, stride, minLength, track } = options;
      const results = label(paths, {
        model,
        ...(top === undefined ? {} : { top }),
        ...(threshold === undefined ? {} : { threshold }),
        ...(strict === undefined ? {} : { strict }),
        ...(window === undefined ? {} : { window }),
        ...(stride === undefined ? {} : { stride }),
        ...(minLength === undefined ? {} : { minLength }),
        ...(track === undefined ? {} : { track }),
        ...runOptions(options, context, reporter),
      });
      const writer = await openResultWriter(options.json ? "jsonl" : options.format, options.out);
      let failed = 0;
      try {
        for await (const result of results) {
          if ("error" in result) failed += 1;
          await writer.write(result);
        }
      } finally {
        reporter.close();
        await writer.close();
      }
      reporter.info(
        `${paths.length - failed} ${kinds} labelled${failed > 0 ? `, ${failed} failed` : ""}`,
      );
      if (failed > 0) context.exit(exitCodes.someFailed);
    },
  );
}
