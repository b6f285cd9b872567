import { addAbortSignal } from "node:stream";
import type { Command } from "commander";
import { isAbort } from "../../core/errors.js";
import { labelChoicesOf } from "../../pipeline/label-settings.js";
import { addTalkOptions, type CommandContext, wholeNumber } from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { addLabellingFlags, type LabellingFlags, resumeCommand } from "../labelling-flags.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions, LabellingFlags {
  readonly redis: string;
  readonly queue?: string;
  readonly model: string;
  readonly root?: string;
  readonly url?: string;
  readonly priority?: number;
}

/** BullMQ's own limit. */
const lastPriority = 2 ** 21;

export function define(command: Command, context: CommandContext): void {
  command
    .description("Have videos labelled by the workers at a queue, one line each, as label does.")
    .argument(
      "<input...>",
      "videos, directories, patterns, @list.txt (@- is standard input) or addresses (http, https)",
    )
    .requiredOption("--redis <url>", "the queue's server, as redis://127.0.0.1:6379")
    .requiredOption("--model <model>", "model directory; workers need the same model")
    .option("--queue <name>", "name of the queue in the server (default: muybridge)")
    .option(
      "--root <dir>",
      "the directory that workers have as their --root: paths are sent as they are from there (default: absolute paths)",
    )
    .option("--url <prefix>", "address at which workers find what is under --root")
    .option(
      "--priority <n>",
      "place in the queue: 0 goes first (default: 0)",
      wholeNumber(0, lastPriority),
    );
  addLabellingFlags(command).addHelpText(
    "after",
    "\nExample:\n  muybridge submit --redis redis://10.0.0.5 --model model/ clips/ --out labels.jsonl",
  );
  addTalkOptions(command).action(async (inputs: string[], options: Options) => {
    const [
      { expandInputs, standardInput, streamInputs },
      { labelBatch },
      { openModel },
      { labelByQueue },
    ] = await Promise.all([
      import("../../pipeline/inputs.js"),
      import("../../pipeline/label-batch.js"),
      import("../../pipeline/model.js"),
      import("../../pipeline/queue/label-by-queue.js"),
    ]);
    await using model = await openModel(options.model);
    const inputOptions = { allFiles: options.allFiles ?? false };
    const streamed = inputs.includes(standardInput);
    // Whoever waits for standard input must still hear Ctrl-C.
    if (streamed) addAbortSignal(context.signal, process.stdin);
    const reporter = context.openReporter(options);
    const { out, resume, shard, redis, queue, root, url, priority } = options;
    const submission = {
      redis,
      modelPath: options.model,
      ...(queue === undefined ? {} : { queue }),
      ...(root === undefined ? {} : { root }),
      ...(url === undefined ? {} : { url }),
      ...(priority === undefined ? {} : { priority }),
    };
    try {
      const paths = streamed
        ? streamInputs(inputs, inputOptions)
        : await expandInputs(inputs, inputOptions);
      const { labelled, failed } = await labelBatch(paths, {
        model,
        ...labelChoicesOf(options),
        signal: context.signal,
        onProgress: reporter.onProgress,
        onWarning: reporter.onWarning,
        format: options.json ? "jsonl" : options.format,
        ...(out === undefined ? {} : { out }),
        ...(resume ? { resume } : {}),
        ...(shard ? { shard } : {}),
        nameOutputs: (all) => outputNames(all, inputs),
        onKept: (kept) => reporter.info(`${kept} videos are kept from before; labelling the rest.`),
        labelVideos: (videos, labelOptions) => labelByQueue(videos, labelOptions, submission),
      });
      reporter.close();
      if (labelled + failed === 0)
        reporter.onWarning(`No videos are found in ${inputs.join(", ")}.`);
      reporter.info(`${labelled} videos labelled${failed > 0 ? `, ${failed} failed` : ""}`);
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
  });
}
