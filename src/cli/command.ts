import { type Command, InvalidArgumentError, Option } from "commander";

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Sets the exit code the program ends with, where it is not 0. */
  readonly exit: (code: number) => void;
}

/** A command's module: adds the command's arguments, options and action. */
export interface CommandModule {
  readonly define: (command: Command, context: CommandContext) => void;
}

/** How a command speaks on stderr. */
export interface TalkOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly progress: "auto" | "json" | "none";
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
  readonly fit?: "stretch" | "crop" | "pad";
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
      new Option("--fit <how>", "how a frame is brought to a square (default: stretch)").choices([
        "stretch",
        "crop",
        "pad",
      ]),
    );
}

/** Adds --jobs and --timeout. */
export function addJobOptions(command: Command): Command {
  return command
    .option("--jobs <n>", "processes that decode (default: one a core)", wholeNumber(1, 1024))
    .option("--timeout <s>", "seconds a video may take (default: 1800)", number(0.001, 1e6));
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
