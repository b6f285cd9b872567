import type { Command } from "commander";
import { byteSize, formatBytes } from "../byte-size.js";
import { addTalkOptions, type CommandContext } from "../command.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable } from "../table.js";

interface Options extends TalkOptions {
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Look after what earlier runs have computed.")
    .addHelpText("after", "\nExample:\n  muybridge cache info");
  addInfo(command);
  addVerify(command, context);
  addPrune(command, context);
  addClear(command, context);
}

function addInfo(command: Command): void {
  const info = command
    .command("info")
    .description("Tell where the cache is, what is in it, and how often it was of use.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cache info --json");
  addTalkOptions(info).action(async (options: Options) => {
    const cache = await openCache();
    const use = await cache.use();
    if (options.json) return print({ directory: cache.directory, stages: use });
    process.stdout.write(`${cache.directory}\n`);
    const rows = Object.entries(use)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { entries, bytes, hits, misses }]) => [
        name,
        entries,
        Math.round(bytes / 1000),
        hits,
        misses,
      ]);
    process.stdout.write(formatTable(["stage", "entries", "kB", "hits", "misses"], rows));
  });
}

function addVerify(command: Command, context: CommandContext): void {
  const verify = command
    .command("verify")
    .description("Read the whole cache, and remove what is damaged.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cache verify");
  addTalkOptions(verify).action(async (options: Options) => {
    const cache = await openCache();
    const reporter = context.openReporter(options);
    const { onProgress } = reporter;
    const found = await cache.verify({ signal: context.signal, onProgress });
    reporter.close();
    if (options.json) return print({ directory: cache.directory, ...found });
    const { entries, bytes, removedBytes, ...removed } = found;
    const names: Readonly<Record<keyof typeof removed, string>> = {
      damagedFiles: "damaged files",
      damagedLines: "damaged lines of the index",
      lostEntries: "entries without content",
      abandonedFiles: "files left behind by a process that was killed",
    };
    const told = Object.entries(names)
      .map(([kind, name]) => ({ name, count: removed[kind as keyof typeof removed] }))
      .filter(({ count }) => count > 0)
      .map(({ name, count }) => `removed ${count} ${name}\n`);
    process.stdout.write(
      `${entries} entries of ${formatBytes(bytes)} are whole in ${cache.directory}\n${told.join("")}`,
    );
  });
}

function addPrune(command: Command, context: CommandContext): void {
  const prune = command
    .command("prune")
    .description("Remove what was used least recently; CNNs that were pulled stay.")
    .requiredOption("--max-size <size>", "bytes that may stay, as 2GB, 500MB or 1GiB", byteSize)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge cache prune --max-size 2GB");
  addTalkOptions(prune).action(async (options: Options & { readonly maxSize: number }) => {
    const cache = await openCache();
    const reporter = context.openReporter(options);
    const { onProgress } = reporter;
    const pruned = await cache.prune(options.maxSize, { signal: context.signal, onProgress });
    reporter.close();
    if (options.json) return print({ directory: cache.directory, ...pruned });
    const { removedEntries, removedBytes, bytes } = pruned;
    process.stdout.write(
      `${removedEntries} entries of ${formatBytes(removedBytes)} removed, ${formatBytes(bytes)} left in ${cache.directory}\n`,
    );
  });
}

function addClear(command: Command, context: CommandContext): void {
  const clear = command
    .command("clear")
    .description(
      "Remove everything from the cache that can be computed again; CNNs that were pulled stay.",
    )
    .addHelpText("after", "\nExample:\n  muybridge cache clear");
  addTalkOptions(clear).action(async (options: TalkOptions) => {
    const cache = await openCache();
    await cache.clear();
    context.openReporter(options).info(`${cache.directory} is empty`);
  });
}

async function openCache() {
  const { openStageCache } = await import("../../pipeline/stage-cache.js");
  return openStageCache();
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
