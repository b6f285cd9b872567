import { type Command, Option } from "commander";
import { parseShard, type Shard } from "../pipeline/shard.js";
import { type ResultFormatName, resultFormatNames } from "../pipeline/writers/result-writer.js";
import { number, wholeNumber } from "./command.js";
import { shellQuote } from "./shell-quote.js";

/** What is labelled how, and where results go. */
export interface LabellingFlags {
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

/** Adds the options of {@link LabellingFlags}. */
export function addLabellingFlags(command: Command): Command {
  return command
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
    .option("--all-files", "take every file of a directory, whatever its extension");
}

/** The command line of this process, with --resume. */
export function resumeCommand(): string {
  const words = process.argv.slice(2);
  return shellQuote(["muybridge", ...words, ...(words.includes("--resume") ? [] : ["--resume"])]);
}
