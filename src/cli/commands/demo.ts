import type { Command } from "commander";
import { addTalkOptions, type CommandContext } from "../command.js";
import type { TalkOptions } from "../reporter.js";
import { percent } from "../table.js";

interface Options extends TalkOptions {
  readonly out: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Make the motions data set, train on it, evaluate, label, and write a report.")
    .option("--out <dir>", "directory to write to", "muybridge-demo")
    .option("--json", "print the figures as JSON")
    .addHelpText("after", "\nExample:\n  muybridge demo --out demo/");
  addTalkOptions(command).action(async (options: Options) => {
    const { runDemo } = await import("../../pipeline/demo.js");
    const reporter = context.openReporter(options);
    const result = await runDemo(options.out, {
      signal: context.signal,
      onProgress: reporter.onProgress,
      onWarning: reporter.onWarning,
      onStep: reporter.info,
    });
    reporter.close();
    if (options.json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const { bilstm, meanPool, pairs } = result;
    process.stdout.write(`\naccuracy on ${result.clips} clips of people not seen in training:\n`);
    process.stdout.write(
      `  BiLSTM     ${percent(bilstm.accuracy)}   inside the reversed pairs ${percent(pairs.bilstm)}\n`,
    );
    process.stdout.write(
      `  mean pool  ${percent(meanPool.accuracy)}   inside the reversed pairs ${percent(pairs.meanPool)}\n`,
    );
    process.stdout.write(`labels: ${result.labels}\nreport: ${result.report}\n`);
  });
}
