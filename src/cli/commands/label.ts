import { addAbortSignal } from "node:stream";
import { type Command, Option } from "commander";
import { isAbort } from "../../core/errors.js";
import { parseShard, type Shard } from "../../pipeline/shard.js";
import { type ResultFormatName, resultFormatNames } from "../../pipeline/writers/result-writer.js";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  number,
  runOptions,
  wholeNumber,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";
import { shellQuote } from "../shell-quote.js";

interface Options extends TalkOptions, JobOptions {
  readonly out?: string;
  readonly format: ResultFormatName;
  readonly json?: boolean;
  readonly top?: number;
  readonly threshold?: number;
  readonly strict?: boolean;
  readonly resume?: boolean;
  readonly shard?: Shard;
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
    .option(
      "--out <file>",
      "write to a file instead of standard output; of --format vtt, to a directory",
    )
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
    .option("--resume", "keep the results that --out holds already, and label the rest")
    .addOption(
      new Option(
        "--shard <i/n>",
        "label only the i-th of n equal parts of the inputs, i from 1 to n",
      ).argParser(parseShard),
    )
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
      const { out, resume, shard, top, threshold, strict, window, stride, minLength, track } =
        options;
      try {
        const { labelled, failed } = await labelBatch(
          streamed ? streamInputs(inputs, inputOptions) : await expandInputs(inputs, inputOptions),
          {
            model,
            format: options.json ? "jsonl" : options.format,
            ...(out === undefined ? {} : { out }),
            ...(resume ? { resume } : {}),
            ...(shard ? { shard } : {}),
            ...(top === undefined ? {} : { top }),
            ...(threshold === undefined ? {} : { threshold }),
            ...(strict === undefined ? {} : { strict }),
            ...(window === undefined ? {} : { window }),
            ...(stride === undefined ? {} : { stride }),
            ...(minLength === undefined ? {} : { minLength }),
            ...(track === undefined ? {} : { track }),
            nameOutputs: (paths) => outputNames(paths, inputs),
            onKept: (kept) =>
              reporter.info(`${kept} ${kind}s are kept from before; labelling the rest.`),
            ...runOptions(options, context, reporter),
          },
        );
        reporter.close();
        if (labelled + failed === 0)
          reporter.onWarning(`No ${kind}s are found in ${inputs.join(", ")}.`);
        reporter.info(`${labelled} ${kind}s labelled${failed > 0 ? `, ${failed} failed` : ""}`);
        if (failed > 0) context.exit(exitCodes.someFailed);
      } catch (error) {
        if (isAbort(error) && out !== undefined) {
          reporter.close();
          reporter.fail(`${out} is complete as far as it goes. To go on: ${resumeCommand()}`);
        }
        throw error;
      } finally {
        // It keeps the process while it is open; what ended the batch may have come before its end.
        if (streamed) process.stdin.destroy();
      }
    },
  );
}

/** The command line of this process, with --resume. */
function resumeCommand(): string {
  const words = process.argv.slice(2);
  return shellQuote(["muybridge", ...words, ...(words.includes("--resume") ? [] : ["--resume"])]);
}
