import { type Command, Option } from "commander";
import type { CrossValidation } from "../../pipeline/cross-validate.js";
import type { Evaluation } from "../../pipeline/evaluate.js";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  runOptions,
  wholeNumber,
} from "../command.js";
import {
  addDatasetOptions,
  type DatasetFlags,
  datasetHelp,
  openNamedDataset,
} from "../dataset-flags.js";
import { exitCodes } from "../exit-codes.js";
import type { TalkOptions } from "../reporter.js";
import { shellQuote } from "../shell-quote.js";
import { formatTable, percent } from "../table.js";
import {
  addTrainingOptions,
  type TrainingFlags,
  trainingFlagNames,
  trainingOf,
} from "../training-flags.js";

interface Options extends TalkOptions, JobOptions, DatasetFlags, TrainingFlags {
  readonly cv?: number | "groups";
  readonly split: "train" | "validation" | "test" | "all";
  readonly report?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Compare a model's labels with a data set's; with --cv, a way of training with itself on clips held out.",
    )
    .argument("[model]", "model directory; none with --cv")
    .argument("[dataset]", datasetHelp)
    .option(
      "--cv <k>",
      "train on all folds but one of k, by groups, and judge by that one, in turns; groups: a fold a group. Takes train's options",
      foldCount,
    )
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
    .addHelpText(
      "after",
      "\nExample:\n  muybridge evaluate model/ clips/ --report report.html\n  muybridge evaluate clips/ --cv 5",
    );
  addTrainingOptions(command);
  addTalkOptions(addRunOptions(addDatasetOptions(command))).action(
    async (first: string | undefined, second: string | undefined, options: Options) => {
      if (options.cv !== undefined) {
        await runFolds(first, second, options, command, context);
        return;
      }
      const [directory, name] = await modelAndDataset(first, second, options);
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
          import("../../pipeline/report/evaluation-report.js"),
          import("../../core/atomic-file.js"),
        ]);
        await writeFileAtomically(
          options.report,
          await evaluationReport(model, dataset, result, {
            ...runOptions(options, context, reporter),
            command: shellQuote([
              "muybridge",
              "evaluate",
              directory,
              name,
              "--split",
              options.split,
            ]),
          }),
        );
        reporter.info(`report: ${options.report}`);
      }
      if (options.json) {
        const { predictions: _, ...figures } = result;
        process.stdout.write(`${JSON.stringify(figures)}\n`);
        return;
      }
      process.stdout.write(figuresText(result));
    },
  );
}

/** Cross-validates a way of training, and prints how it does. */
async function runFolds(
  name: string | undefined,
  excess: string | undefined,
  options: Options,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const [{ MuybridgeError }, { crossValidate }] = await Promise.all([
    import("../../core/errors.js"),
    import("../../pipeline/cross-validate.js"),
  ]);
  const refuse = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  if (name === undefined) return refuse("dataset", "--cv needs a data set.");
  if (excess !== undefined) {
    refuse("model", "--cv trains models of its own: name the data set alone.");
  }
  for (const other of ["split", "report"]) {
    if (command.getOptionValueSource(other) !== "cli") continue;
    refuse(other, `--${other} is for one model; leave it out with --cv.`);
  }
  const reporter = context.openReporter(options);
  const result = await crossValidate(await openNamedDataset(name, options, reporter), {
    ...trainingOf(options),
    folds: options.cv!,
    ...runOptions(options, context, reporter),
  });
  reporter.close();
  for (const { error } of result.failed) reporter.fail(`${error.code}: ${error.message}`);
  if (result.failed.length > 0) context.exit(exitCodes.someFailed);
  if (options.json) {
    const { predictions: _, ...figures } = result;
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    return;
  }
  const rows = result.folds.map(({ fold, groups, n, accuracy, baseline }) => [
    fold,
    groups.length,
    n,
    percent(accuracy),
    percent(baseline.meanPool.accuracy),
  ]);
  const head = ["fold", "groups", "clips", "accuracy", "mean pool"];
  process.stdout.write(`${formatTable(head, rows)}${figuresText(result)}`);
}

/** Checks that there are a model and a data set, and nothing that only a training has a use for. */
async function modelAndDataset(
  model: string | undefined,
  dataset: string | undefined,
  options: Options,
): Promise<[model: string, dataset: string]> {
  const { MuybridgeError } = await import("../../core/errors.js");
  const refuse = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  const training = trainingFlagNames().find((name) => Object.hasOwn(options, name));
  if (training !== undefined) {
    refuse(training, `${training} is an option of training, and goes with --cv alone.`);
  }
  if (model === undefined || dataset === undefined) {
    return refuse("dataset", "evaluate needs a model and a data set, or a data set and --cv.");
  }
  return [model, dataset];
}

/** Figures by class and over all. */
function figuresText(result: Evaluation | CrossValidation): string {
  const rows = result.perClass.map(({ label, precision, recall, f1, support }) => [
    label,
    percent(precision),
    percent(recall),
    percent(f1),
    support,
  ]);
  return `${formatTable(["class", "precision", "recall", "F1", "clips"], rows)}accuracy ${percent(result.accuracy)} (95 %: ${percent(result.interval.low)} to ${percent(result.interval.high)}) of ${result.n} clips (${result.split}), mean-pool baseline ${percent(result.baseline.meanPool.accuracy)}\nbalanced accuracy ${percent(result.balancedAccuracy)}, log loss ${result.logLoss.toFixed(3)}, calibration error ${result.ece.toFixed(3)}\n`;
}

/** Parser of --cv. */
function foldCount(text: string): number | "groups" {
  return text === "groups" ? text : wholeNumber(2, 1000)(text);
}
