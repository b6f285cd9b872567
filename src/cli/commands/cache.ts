import type { Command } from "commander";
import { addTalkOptions, type CommandContext } from "../command.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable } from "../table.js";

export function define(command: Command, context: CommandContext): void {
  command
    .description("Look after what earlier runs have computed.")
    .addHelpText("after", "\nExample:\n  muybridge cache info");
  const info = command
    .command("info")
    .description("Tell where the cache is and what is in it.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cache info --json");
  addTalkOptions(info).action(async (options: { json?: boolean }) => {
    const { openStageCache } = await import("../../pipeline/stage-cache.js");
    const cache = openStageCache();
    const use = await cache.use();
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ directory: cache.directory, stages: use })}\n`);
      return;
    }
    process.stdout.write(`${cache.directory}\n`);
    const rows = Object.entries(use)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { entries, bytes }]) => [name, entries, Math.round(bytes / 1000)]);
    process.stdout.write(formatTable(["stage", "entries", "kB"], rows));
  });
  const clear = command
    .command("clear")
    .description(
      "Remove everything from the cache that can be computed again; CNNs that were pulled stay.",
    )
    .addHelpText("after", "\nExample:\n  muybridge cache clear");
  addTalkOptions(clear).action(async (options: TalkOptions) => {
    const { openStageCache } = await import("../../pipeline/stage-cache.js");
    const cache = openStageCache();
    await cache.clear();
    context.openReporter(options).info(`${cache.directory} is empty`);
  });
}
