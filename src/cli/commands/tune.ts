import { type Command, Option } from "commander";
import type { Optimizer, TuningSummary } from "../../pipeline/tuning-summary.js";
import {
  addDatasetOptions,
  addFeatureOptions,
  addJobOptions,
  addTalkOptions,
  type CommandContext,
  type DatasetFlags,
  datasetOptions,
  type FeatureOptions,
  featureChoices,
  type JobOptions,
  ratio,
  runOptions,
  wholeNumber,
} from "../command.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable, percent } from "../table.js";

interface Options extends TalkOptions, FeatureOptions, JobOptions, DatasetFlags {
  readonly out: string;
  readonly optimizer: Optimizer;
  readonly trials?: number;
  readonly folds?: number;
  readonly baseline: boolean;
  readonly epochs?: number;
  readonly patience?: number;
  readonly seed?: number;
  readonly splitRatio?: [number, number, number];
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Search for good settings by cross-validation, and train a model with them.")
    .argument("<dataset>", "directory with one folder a class, manifest, or ucf101:DIR")
    .requiredOption("--out <model>", "directory to write the model to")
    .addOption(
      new Option("--optimizer <name>", "woa: the Whale Optimization Algorithm; random: by chance")
        .choices(["woa", "random"])
        .default("woa"),
    )
    .option("--trials <n>", "settings that are tried (default: 30)", wholeNumber(1, 1_000_000))
    .option("--folds <k>", "folds that settings are judged by (default: 3)", wholeNumber(2, 1000))
    .option("--no-baseline", "leave out the random search that woa is held against")
    .option("--epochs <e>", "passes over the clips, at most (default: 40)", wholeNumber(1, 100_000))
    .option(
      "--patience <p>",
      "epochs without a better validation loss before it stops (default: 8)",
      wholeNumber(1, 100_000),
    )
    .option(
      "--seed <s>",
      "decides folds, searches and trainings (default: 1)",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--split-ratio <t,v,e>",
      "parts for training, validation and test (default: 0.7,0.15,0.15)",
      ratio,
    )
    .option("--json", "print what was found as JSON")
    .addHelpText(
      "after",
      `
The trials are kept in MODEL.tuning.jsonl: after Ctrl-C the same command goes on from there.

Example:
  muybridge tune clips/ --out model/ --trials 30 --folds 3`,
    );
  addTalkOptions(addJobOptions(addFeatureOptions(addDatasetOptions(command)))).action(
    async (name: string, options: Options) => {
      const [{ openDataset }, { tune }, { checkModelTarget }, { tuningReport, verdict }, files] =
        await Promise.all([
          import("../../../datasets/open-dataset.js"),
          import("../../pipeline/tune.js"),
          import("../../pipeline/model.js"),
          import("../../pipeline/tuning-report.js"),
          import("../../core/atomic-file.js"),
        ]);
      await checkModelTarget(options.out);
      const reporter = context.openReporter(options);
      const beside = options.out.replace(/[/\\]+$/, "");
      const [log, report] = [`${beside}.tuning.jsonl`, `${beside}.tuning.html`];
      const { fold: _fold, lists: _lists, columns: _columns, ...rest } = options;
      const { model, summary } = await tune(await openDataset(name, datasetOptions(options)), {
        ...featureChoices(rest),
        log,
        ...runOptions(options, context, reporter),
      });
      reporter.close();
      await model.save(options.out);
      await model.close();
      await files.writeFileAtomically(report, tuningReport(name, summary));
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ model: model.digest, out: options.out, log, report, ...summary })}\n`,
        );
        return;
      }
      process.stdout.write(`${tableOf(summary)}${verdict(summary)}\n`);
      process.stdout.write(`model: ${options.out}\ntrials: ${log}\nreport: ${report}\n`);
    },
  );
}

/** The best of each search. */
function tableOf({ searches }: TuningSummary): string {
  const names = Object.keys(searches[0]!.best.settings);
  const rows = searches.map(({ search, best: { loss, detail, settings } }) => [
    search,
    Number.isFinite(loss) ? loss.toFixed(4) : "-",
    percent(meanOf(detail?.accuracies ?? [])),
    ...Object.values(settings).map(String),
  ]);
  return formatTable(["search", "loss", "accuracy", ...names], rows);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
