import type { Command } from "commander";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  number,
  runOptions,
  wholeNumber,
} from "../command.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions, JobOptions {
  readonly redis: string;
  readonly queue?: string;
  readonly model: readonly string[];
  readonly root?: string;
  readonly allowUrl: readonly string[];
  /** Bytes. */
  readonly maxDownload?: number;
  readonly lock?: number;
  readonly grace?: number;
  readonly idleExit?: number;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Label the videos that others submit to a queue, until told to end.")
    .requiredOption("--redis <url>", "the queue's server, as redis://127.0.0.1:6379")
    .option("--queue <name>", "name of the queue in the server (default: muybridge)")
    .option(
      "--model <model>",
      "model directory, repeatable; videos for other models are refused (default: the model at the path that each job names)",
      listed,
      [],
    )
    .option(
      "--root <dir>",
      "directory that videos must be in, symbolic links resolved (default: every path, unless there is --allow-url)",
    )
    .option(
      "--allow-url <prefix>",
      "beginning of addresses that may be downloaded, repeatable (default: none)",
      listed,
      [],
    )
    .option(
      "--max-download <mib>",
      "MiB that a download may have (default: 2048)",
      (text) => wholeNumber(1, 2 ** 24)(text) * 2 ** 20,
    )
    .option(
      "--lock <s>",
      "seconds of silence after which other workers take the jobs of this one (default: 30)",
      number(1, 3600),
    )
    .option(
      "--grace <s>",
      "seconds that running videos have after Ctrl-C or SIGTERM, before they are handed back (default: 20)",
      number(0, 86_400),
    )
    .option("--idle-exit <s>", "end after so many seconds without work", number(0, 1e6))
    .addHelpText(
      "after",
      "\nExample:\n  muybridge worker --redis redis://10.0.0.5 --model model/ --root /mnt/videos",
    );
  addTalkOptions(addRunOptions(command)).action(async (options: Options) => {
    const [{ checkUrlPrefix }, { runQueueWorker }] = await Promise.all([
      import("../../pipeline/queue/allowed-places.js"),
      import("../../pipeline/queue/queue-worker.js"),
    ]);
    const reporter = context.openReporter(options);
    const { redis, queue, model, root, allowUrl, maxDownload, lock, grace, idleExit } = options;
    const urls = allowUrl.map((text) => checkUrlPrefix(text, "allow-url"));
    if (root === undefined && urls.length === 0) {
      reporter.onWarning(
        "Whoever can write to the queue can have every file read that this user can; --root DIR bounds it.",
      );
    }
    const { labelled, failed } = await runQueueWorker({
      redis,
      ...(queue === undefined ? {} : { queue }),
      ...(model.length > 0 ? { models: model } : {}),
      places: { ...(root === undefined ? {} : { root }), urls },
      ...(maxDownload === undefined ? {} : { maxDownload }),
      ...(lock === undefined ? {} : { lock }),
      ...(grace === undefined ? {} : { grace }),
      ...(idleExit === undefined ? {} : { idleExit }),
      ...runOptions(options, context, reporter),
      onReady: () => reporter.info("Waiting for videos."),
      onFailure: reporter.fail,
    });
    reporter.close();
    reporter.info(`${labelled} videos labelled${failed > 0 ? `, ${failed} failed` : ""}`);
  });
}

function listed(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
