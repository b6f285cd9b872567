import type { Command } from "commander";
import { addTalkOptions, type CommandContext } from "../command.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable } from "../table.js";

interface Options extends TalkOptions {
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("List the CNNs that can be named, and get their weights.")
    .addHelpText("after", "\nExample:\n  muybridge cnn list");
  defineList(command);
  definePull(command, context);
  definePath(command);
}

function defineList(command: Command): void {
  const list = command
    .command("list")
    .description("List the CNNs that can be named: which are here, and which have been checked.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cnn list --json");
  addTalkOptions(list).action(async (options: Options) => {
    const { listCnns } = await import("../../features/list-cnns.js");
    const cnns = await listCnns();
    if (options.json) {
      process.stdout.write(`${JSON.stringify(cnns)}\n`);
      return;
    }
    const rows = cnns.map(({ name, dimension, size, licence, place, verified, description }) => [
      name,
      dimension,
      size === null ? "" : `${(size / 1e6).toFixed(1)} MB`,
      licence,
      place,
      verified ? "verified" : "unverified",
      description,
    ]);
    const head = ["name", "values a frame", "size", "licence", "", "", ""];
    process.stdout.write(formatTable(head, rows));
  });
}

function definePull(command: Command, context: CommandContext): void {
  const pull = command
    .command("pull")
    .description(
      "Get a CNN's weights and print their path. A pull that was interrupted goes on where it stopped.",
    )
    .argument("<name>", "a name that muybridge cnn list shows")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nThe weights are kept in the directory cnn of the cache directory; muybridge cache clear leaves them there.\n\nExample:\n  muybridge cnn pull mobilenet-v2-imagenet",
    );
  addTalkOptions(pull).action(async (name: string, options: Options) => {
    const { pullCnn } = await import("../../features/pull-cnn.js");
    const reporter = context.openReporter(options);
    const pulled = await pullCnn(name, {
      signal: context.signal,
      onProgress: reporter.onProgress,
      onWarning: reporter.onWarning,
    });
    reporter.close();
    reporter.info(`${name} ${pulled.downloaded ? "is here now" : "was here already"}`);
    process.stdout.write(options.json ? `${JSON.stringify(pulled)}\n` : `${pulled.path}\n`);
  });
}

function definePath(command: Command): void {
  const path = command
    .command("path")
    .description("Print the path of a CNN's weights, once they are checked.")
    .argument("<name>", "a name that muybridge cnn list shows")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cnn path mobilenet-v2");
  addTalkOptions(path).action(async (name: string, options: Options) => {
    const { cnnPath } = await import("../../features/list-cnns.js");
    const found = { name, ...(await cnnPath(name)) };
    process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : `${found.path}\n`);
  });
}
