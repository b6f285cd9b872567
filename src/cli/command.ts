import { type Command, InvalidArgumentError, Option } from "commander";
import type { DatasetOptions } from "../../datasets/open-dataset.js";
import { type Fit, fits } from "../frames/decoder.js";
import type { RunOptions } from "../pipeline/run.js";
import type { Reporter, TalkOptions } from "./reporter.js";

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Sets the exit code the program ends with, where it is not 0. */
  readonly exit: (code: number) => void;
  /** Opens the reporter of the command; it is closed when the command ends, however it ends. */
  readonly openReporter: (options: TalkOptions) => Reporter;
}

/** A command's module: adds the command's arguments, options and action. */
export interface CommandModule {
  readonly define: (command: Command, context: CommandContext) => void;
}

/** Adds --quiet, --verbose and --progress. */
export function addTalkOptions(command: Command): Command {
  return command
    .option("--quiet", "say nothing on stderr but errors")
    .option("--verbose", "say more on stderr")
    .addOption(
      new Option("--progress <how>", "how progress is shown on stderr")
        .choices(["auto", "json", "none"])
        .default("auto"),
    );
}

/** How a command samples videos and which network sees them. */
export interface FeatureOptions {
  readonly cnn?: string;
  readonly fps?: number;
  readonly count?: number;
  readonly fit?: Fit;
}

/** Adds --cnn, --fps, --count and --fit. */
export function addFeatureOptions(command: Command): Command {
  return command
    .option("--cnn <name>", "network that turns frames into vectors (default: mobilenet-v2)")
    .addOption(
      new Option("--count <n>", "frames a video, spread over all of it (default: 16)")
        .argParser(wholeNumber(1, 100_000))
        .conflicts("fps"),
    )
    .addOption(
      new Option("--fps <rate>", "frames a second, instead of --count").argParser(
        number(0.001, 1000),
      ),
    )
    .addOption(
      new Option("--fit <how>", "how a frame is brought to a square (default: stretch)").choices(
        fits,
      ),
    );
}

/** How many processes decode, and for how long. */
export interface JobOptions {
  readonly jobs?: number;
  readonly timeout?: number;
}

/** Adds --jobs and --timeout. */
export function addJobOptions(command: Command): Command {
  return command
    .option("--jobs <n>", "processes that decode (default: one a core)", wholeNumber(1, 1024))
    .option("--timeout <s>", "seconds a video may take (default: 1800)", number(0.001, 1e6));
}

/** The options of a run, from the command's. */
export function runOptions(
  { jobs, timeout }: JobOptions,
  context: CommandContext,
  reporter: Reporter,
): RunOptions {
  return {
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    signal: context.signal,
    onProgress: reporter.onProgress,
    onWarning: reporter.onWarning,
  };
}

/** How a data set is read. */
export interface DatasetFlags {
  readonly fold?: number;
  readonly lists?: string;
  readonly columns?: Readonly<Record<string, string>>;
}

/** Adds --fold, --lists and --columns. */
export function addDatasetOptions(command: Command): Command {
  return command
    .option("--fold <n>", "official split of ucf101:DIR (default: 1)", wholeNumber(1, 3))
    .option("--lists <dir>", "directory of the official lists of ucf101:DIR")
    .option(
      "--columns <names>",
      "names of a manifest's columns, as path=clip,label=class",
      renames,
    );
}

/** The options of a data set, from the command's. */
export function datasetOptions({ fold, lists, columns }: DatasetFlags): DatasetOptions {
  return {
    ...(fold === undefined ? {} : { fold }),
    ...(lists === undefined ? {} : { lists }),
    ...(columns === undefined ? {} : { columns }),
  };
}

function renames(text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) {
    throw new InvalidArgumentError("It must look like path=clip,label=class.");
  }
  return Object.fromEntries(pairs as [string, string][]);
}

/** Parser of three parts that make up a whole. */
export function ratio(text: string): [number, number, number] {
  const parts = text.split(",").map(Number);
  const [train = Number.NaN, validation = Number.NaN, test = Number.NaN] = parts;
  const sum = train + validation + test;
  if (
    parts.length !== 3 ||
    !(train > 0 && validation >= 0 && test >= 0) ||
    Math.abs(sum - 1) > 1e-6
  ) {
    throw new InvalidArgumentError("It must be three parts that add up to 1, as 0.7,0.15,0.15.");
  }
  return [train, validation, test];
}

/** Parser of an option that takes a whole number in [low, high]. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** Parser of an option that takes a number in [low, high]. */
export function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
    }
    return value;
  };
}
