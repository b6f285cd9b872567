import { type Command, Option } from "commander";
import type { Comparison } from "../../pipeline/compare.js";
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
  readonly json?: boolean;
}

/** Below this probability chance is not the likely reason of a difference. */
const significance = 0.05;

export function define(command: Command, context: CommandContext): void {
  command
    .description("Compare two models on the same clips: is one better, or is it chance?")
    .argument("<modelA>", "model directory")
    .argument("<modelB>", "model directory")
    .argument("<dataset>", datasetHelp)
    .addOption(
      new Option(
        "--split <part>",
        "part of the data that the models were trained with; other data is used whole",
      )
        .choices(["train", "validation", "test", "all"])
        .default("test"),
    )
    .option("--json", "print the figures as JSON")
    .addHelpText("after", "\nExample:\n  muybridge compare model-a/ model-b/ clips/");
  addTalkOptions(addJobOptions(addDatasetOptions(command))).action(
    async (first: string, second: string, name: string, options: Options) => {
      const [{ compare }, { openModel }] = await Promise.all([
        import("../../pipeline/compare.js"),
        import("../../pipeline/model.js"),
      ]);
      const reporter = context.openReporter(options);
      await using a = await openModel(first);
      await using b = await openModel(second);
      const dataset = await openNamedDataset(name, options, reporter);
      const comparison = await compare(a, b, dataset, {
        split: options.split,
        ...runOptions(options, context, reporter),
      });
      reporter.close();
      for (const { error } of comparison.failed) reporter.fail(`${error.code}: ${error.message}`);
      if (comparison.failed.length > 0) context.exit(exitCodes.someFailed);
      process.stdout.write(
        options.json ? `${JSON.stringify(comparison)}\n` : told(comparison, first, second),
      );
    },
  );
}

function told(comparison: Comparison, first: string, second: string): string {
  const { n, a, b, onlyA, onlyB, difference, interval, drawn, pValue, leftOut } = comparison;
  const rows = [["A", first, a, onlyA] as const, ["B", second, b, onlyB] as const].map(
    ([letter, directory, { accuracy, interval: own }, only]) => [
      letter,
      directory,
      percent(accuracy),
      `${percent(own.low)} to ${percent(own.high)}`,
      only,
    ],
  );
  const points = (value: number): string => `${value < 0 ? "" : "+"}${(100 * value).toFixed(1)}`;
  const verdict =
    pValue >= significance
      ? "chance may be all there is to it"
      : `${difference > 0 ? "B" : "A"} is better`;
  return [
    formatTable(["", "model", "accuracy", "95 %", "right alone"], rows),
    `B - A: ${points(difference)} points (95 %: ${points(interval.low)} to ${points(interval.high)}, drawing ${drawn}) on ${n} clips; McNemar's p = ${pValue.toPrecision(2)}: ${verdict}\n`,
    leftOut > 0
      ? `${leftOut} clips are left out: only one of the models could be judged by them\n`
      : "",
  ].join("");
}
