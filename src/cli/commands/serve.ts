import type { Command } from "commander";
import { addTalkOptions, type CommandContext, wholeNumber } from "../command.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions {
  readonly model?: string;
  readonly port: number;
  readonly host: string;
  readonly root?: readonly string[];
}

/** A port that no well-known service has. */
const usualPort = 7878;

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Serve the studio: a page in the browser to label, correct, train and choose what to label next.",
    )
    .argument("[dir]", "folder of videos; what is kept goes to its folder .muybridge", ".")
    .option("--model <model>", "model directory to label with (default: the newest trained here)")
    .option(
      "--port <p>",
      "port to listen on; 0: any that is free",
      wholeNumber(0, 65_535),
      usualPort,
    )
    .option(
      "--host <h>",
      "address to listen on; only who has the printed URL is let in",
      "127.0.0.1",
    )
    .option("--root <dir...>", "more folders that the page may see")
    .addHelpText("after", "\nExample:\n  muybridge serve clips/");
  addTalkOptions(command).action(async (directory: string, options: Options) => {
    const { openStudio } = await import("../../studio/server/open-studio.js");
    const reporter = context.openReporter(options);
    const { model, port, host, root = [] } = options;
    if (model !== undefined) {
      const { openModel } = await import("../../pipeline/model.js");
      await (await openModel(model)).close();
    }
    const studio = await openStudio({
      folders: [directory, ...root],
      host,
      port,
      ...(model === undefined ? {} : { model }),
      onWarning: reporter.onWarning,
    });
    try {
      process.stdout.write(`${studio.url}\n`);
      reporter.info("Open this address in a browser. Ctrl-C ends the server; all is kept.");
      await aborted(context.signal);
    } finally {
      await studio.close();
    }
    reporter.info("Stopped. What was under way goes on when the folder is served again.");
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
