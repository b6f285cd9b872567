/**
 * The command line: parses, calls the pipeline, prints. One file a command.
 */
import { Command, CommanderError } from "commander";
import { isAbort, MuybridgeError } from "../core/errors.js";
import { packageVersion } from "../pipeline/package-version.js";
import type { CommandContext, CommandModule } from "./command.js";
import { exitCodes } from "./exit-codes.js";
import { openReporter, type Reporter } from "./reporter.js";

/** The commands, loaded when they are called: a cached answer must not wait for an engine it does not need. */
const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  demo: () => import("./commands/demo.js"),
  doctor: () => import("./commands/doctor.js"),
  probe: () => import("./commands/probe.js"),
  frames: () => import("./commands/frames.js"),
  features: () => import("./commands/features.js"),
  train: () => import("./commands/train.js"),
  tune: () => import("./commands/tune.js"),
  evaluate: () => import("./commands/evaluate.js"),
  compare: () => import("./commands/compare.js"),
  export: () => import("./commands/export.js"),
  label: () => import("./commands/label.js"),
  serve: () => import("./commands/serve.js"),
  submit: () => import("./commands/submit.js"),
  worker: () => import("./commands/worker.js"),
  datasets: () => import("./commands/datasets.js"),
  cnn: () => import("./commands/cnn.js"),
  cache: () => import("./commands/cache.js"),
};

/**
 * Runs a command line.
 *
 * @param args what follows the program's name
 * @returns the exit code; see {@link exitCodes}
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    // Who asks twice does not want to wait.
    const isAgain = interruption.signal.aborted;
    interruption.abort(new DOMException("Interrupted", "AbortError"));
    if (!isAgain) return;
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    process.kill(process.pid, signal);
  };
  // Not once: write-file-atomic ends the process where, in the midst of a file, nobody else listens any more.
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  let exitCode: number = exitCodes.done;
  const reporters: Reporter[] = [];
  const closeReporters = (): void => {
    for (const reporter of reporters.splice(0)) reporter.close();
  };
  const context: CommandContext = {
    signal: interruption.signal,
    exit: (code) => {
      exitCode = code;
    },
    openReporter: (options) => {
      const reporter = openReporter(options);
      reporters.push(reporter);
      return reporter;
    },
  };
  try {
    const program = await createProgram(args[0], context);
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    closeReporters();
    return tell(error);
  } finally {
    closeReporters();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

async function createProgram(first: string | undefined, context: CommandContext): Promise<Command> {
  const program = new Command("muybridge")
    .description("Labels videos with the actions in them.")
    .version(packageVersion())
    .addHelpText("after", "\nExample:\n  muybridge demo");
  const wanted = first !== undefined && first in commands ? [first] : Object.keys(commands);
  for (const name of wanted) (await commands[name]!()).define(program.command(name), context);
  settle(program);
  return program;
}

/** Errors of parsing are thrown, for {@link tell}; the reader is pointed to the help. */
function settle(command: Command): void {
  command.exitOverride().showHelpAfterError(`See: ${fullName(command)} --help`);
  command.commands.forEach(settle);
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Tells an error on stderr and gives its exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (isAbort(error)) {
    process.stderr.write("Interrupted. What was done is kept.\n");
    return exitCodes.interrupted;
  }
  if (error instanceof MuybridgeError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return error.code === "ERR_USAGE" ? exitCodes.usage : exitCodes.failed;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`This is a bug in Muybridge. ${stack ?? String(error)}\n`);
  return exitCodes.failed;
}
