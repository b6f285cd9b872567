import { type Command, Option } from "commander";
import {
  addJobOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  runOptions,
} from "../command.js";
import {
  addDatasetOptions,
  type DatasetFlags,
  datasetHelp,
  openNamedDataset,
} from "../dataset-flags.js";
import { exitCodes } from "../exit-codes.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable, percent } from "../table.js";

interface Options extends TalkOptions, JobOptions, DatasetFlags {
  readonly split: "train" | "validation" | "test" | "all";
  readonly report?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Compare a model's labels with a data set's.")
    .argument("<model>", "model directory")
    .argument("<dataset>", datasetHelp)
    .addOption(
      new Option(
        "--split <part>",
        "part of the data that the model was trained with; other data is used whole",
      )
        .choices(["train", "validation", "test", "all"])
        .default("test"),
    )
    .option("--report <file>", "write a page with the results (HTML)")
    .option("--json", "print the figures as JSON")
    .addHelpText("after", "\nExample:\n  muybridge evaluate model/ clips/ --report report.html");
  addTalkOptions(addJobOptions(addDatasetOptions(command))).action(
    async (directory: string, name: string, options: Options) => {
      const [{ evaluate }, { openModel }] = await Promise.all([
        import("../../pipeline/evaluate.js"),
        import("../../pipeline/model.js"),
      ]);
      const reporter = context.openReporter(options);
      await using model = await openModel(directory);
      const dataset = await openNamedDataset(name, options, reporter);
      const result = await evaluate(model, dataset, {
        split: options.split,
        ...runOptions(options, context, reporter),
      });
      reporter.close();
      for (const { error } of result.failed) reporter.fail(`${error.code}: ${error.message}`);
      if (result.failed.length > 0) context.exit(exitCodes.someFailed);
      if (options.report !== undefined) {
        const [{ evaluationReport }, { writeFileAtomically }] = await Promise.all([
          import("../../pipeline/report.js"),
          import("../../core/atomic-file.js"),
        ]);
        await writeFileAtomically(
          options.report,
          await evaluationReport(model, dataset, result, context.signal),
        );
        reporter.info(`report: ${options.report}`);
      }
      if (options.json) {
        const { predictions: _, ...figures } = result;
        process.stdout.write(`${JSON.stringify(figures)}\n`);
        return;
      }
      const rows = result.perClass.map(({ label, precision, recall, f1, support }) => [
        label,
        percent(precision),
        percent(recall),
        percent(f1),
        support,
      ]);
      process.stdout.write(formatTable(["class", "precision", "recall", "F1", "clips"], rows));
      process.stdout.write(
        `accuracy ${percent(result.accuracy)} (95 %: ${percent(result.interval.low)} to ${percent(result.interval.high)}) of ${result.n} clips (${result.split}), mean-pool baseline ${percent(result.baseline.meanPool.accuracy)}\nbalanced accuracy ${percent(result.balancedAccuracy)}, log loss ${result.logLoss.toFixed(3)}, calibration error ${result.ece.toFixed(3)}\n`,
      );
    },
  );
}
