import { type Command, Option } from "commander";
import { MuybridgeError } from "../../core/errors.js";
import { recurrentKindNames } from "../../pipeline/training-settings.js";
import type { TunableKind } from "../../pipeline/tuning-space.js";
import type { Optimizer, TuningSummary } from "../../pipeline/tuning-summary.js";
import {
  addFeatureOptions,
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type FeatureOptions,
  featureChoices,
  type JobOptions,
  number,
  ratio,
  runOptions,
  wholeNumber,
} from "../command.js";
import {
  addDatasetOptions,
  type DatasetFlags,
  datasetHelp,
  openNamedDataset,
} from "../dataset-flags.js";
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
  readonly search: "settings" | "weights";
  readonly rnn?: TunableKind;
  readonly hidden?: number;
  readonly components?: number;
  readonly bound?: number;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Search for good settings by cross-validation, and train a model with them.")
    .argument("<dataset>", datasetHelp)
    .requiredOption("--out <model>", "directory to write the model to")
    .addOption(
      new Option("--optimizer <name>", "woa: the Whale Optimization Algorithm; random: by chance")
        .choices(["woa", "random"])
        .default("woa"),
    )
    .option(
      "--trials <n>",
      "settings that are tried (default: 30), or sets of weights (default: 6000)",
      wholeNumber(1, 1_000_000),
    )
    .option("--folds <k>", "folds that settings are judged by (default: 3)", wholeNumber(2, 1000))
    .option("--no-baseline", "leave out the random search that woa is held against")
    .option(
      "--epochs <e>",
      "passes over the clips, at most (default: 40; of Adam beside weights: 200)",
      wholeNumber(1, 100_000),
    )
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
    .addOption(
      new Option("--search <what>", "settings of a training, or the weights of a small network")
        .choices(["settings", "weights"])
        .default("settings"),
    )
    .addOption(
      new Option("--rnn <kind>", "with --search weights: the network (default: lstm)").choices(
        recurrentKindNames.filter((kind) => kind !== "meanpool"),
      ),
    )
    .option("--hidden <h>", "with --search weights: its units (default: 4)", wholeNumber(1, 8192))
    .option(
      "--components <n>",
      "with --search weights: values of a frame that it sees (default: 8)",
      wholeNumber(1, 1000),
    )
    .option("--bound <b>", "with --search weights: largest weight (default: 2)", number(1e-6, 1e6))
    .option("--json", "print what was found as JSON")
    .addHelpText(
      "after",
      `
The trials are kept in MODEL.tuning.jsonl: after Ctrl-C the same command goes on from there.

Example:
  muybridge tune clips/ --out model/ --trials 30 --folds 3`,
    );
  addTalkOptions(addRunOptions(addFeatureOptions(addDatasetOptions(command)))).action(
    async (name: string, options: Options) => {
      refuseOtherSearch(options);
      await (options.search === "weights" ? runWeights : runSettings)(name, options, context);
    },
  );
}

/** Options that only one of the two searches has. */
const onlyOf = {
  settings: ["folds", "patience"],
  weights: ["rnn", "hidden", "components", "bound"],
} as const;

function refuseOtherSearch(options: Options): void {
  const other = options.search === "settings" ? "weights" : "settings";
  const given: readonly (keyof Options)[] = onlyOf[other];
  const name = given.find((key) => options[key] !== undefined);
  const weights = options.search === "weights";
  const parameter =
    name ??
    (weights && options.optimizer !== "woa" ? "optimizer" : undefined) ??
    (weights && !options.baseline ? "no-baseline" : undefined);
  if (parameter === undefined) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `--${parameter} does nothing with --search ${options.search}; leave it out.`,
    { parameter },
  );
}

async function runSettings(name: string, options: Options, context: CommandContext): Promise<void> {
  const [{ tune }, { checkModelTarget }, { tuningReport, verdict }, files] = await Promise.all([
    import("../../pipeline/tune.js"),
    import("../../pipeline/model-directory.js"),
    import("../../pipeline/report/tuning-report.js"),
    import("../../core/atomic-file.js"),
  ]);
  await checkModelTarget(options.out);
  const reporter = context.openReporter(options);
  const [log, report] = [besideModel(options, "jsonl"), besideModel(options, "html")];
  const { trials, folds, epochs, patience, seed, splitRatio } = options;
  const { model, summary } = await tune(await openNamedDataset(name, options, reporter), {
    ...featureChoices(featureOptions(options)),
    ...withoutUndefined({ trials, folds, epochs, patience, seed, splitRatio }),
    optimizer: options.optimizer,
    baseline: options.baseline,
    log,
    ...runOptions(options, context, reporter),
  });
  reporter.close();
  await model.save(options.out);
  await model.close();
  await files.writeFileAtomically(report, tuningReport(name, summary));
  if (options.json) {
    printJson({ model: model.digest, out: options.out, log, report, ...summary });
    return;
  }
  process.stdout.write(`${tableOf(summary)}${verdict(summary)}\n`);
  process.stdout.write(`model: ${options.out}\ntrials: ${log}\nreport: ${report}\n`);
}

async function runWeights(name: string, options: Options, context: CommandContext): Promise<void> {
  const [{ tuneWeights }, { checkModelTarget }] = await Promise.all([
    import("../../pipeline/tune-weights.js"),
    import("../../pipeline/model-directory.js"),
  ]);
  await checkModelTarget(options.out);
  const reporter = context.openReporter(options);
  const { trials, epochs, seed, splitRatio, rnn, hidden, components, bound } = options;
  const { model, summary } = await tuneWeights(await openNamedDataset(name, options, reporter), {
    ...featureChoices(featureOptions(options)),
    ...withoutUndefined({ trials, epochs, seed, splitRatio, rnn, hidden, components, bound }),
    ...runOptions(options, context, reporter),
  });
  reporter.close();
  await model.save(options.out);
  await model.close();
  if (options.json) {
    printJson({ model: model.digest, out: options.out, ...summary });
    return;
  }
  const rows = (
    [
      ["whales", summary.woa],
      ["Adam", summary.adam],
    ] as const
  ).map(([search, { trainingLoss, heldOut, seconds }]) => [
    search,
    trainingLoss.toFixed(4),
    heldOut.logLoss.toFixed(4),
    percent(heldOut.accuracy),
    percent(heldOut.macroPrecision),
    percent(heldOut.macroRecall),
    seconds,
  ]);
  const head = ["", "training loss", "held-out loss", "accuracy", "precision", "recall", "seconds"];
  process.stdout.write(formatTable(head, rows));
  process.stdout.write(
    `${summary.parameters} weights and biases, ${summary.trials} trials, ${summary.clips.train} training and ${summary.clips.heldOut} held-out clips\nmodel (of the whales): ${options.out}\n`,
  );
}

function besideModel({ out }: Options, extension: string): string {
  return `${out.replace(/[/\\]+$/, "")}.tuning.${extension}`;
}

/** What decides the features, without what else the command knows. */
function featureOptions(options: Options): FeatureOptions {
  const { decoder, count, fps, keyframes, every, limit, fit } = options;
  const { cnn, cnnLayer, cnnEngine, precision } = options;
  const { inputSize, channels, scale, mean, deviation, layout, streams } = options;
  return withoutUndefined({
    ...{ decoder, count, fps, keyframes, every, limit, fit, cnn, cnnLayer, cnnEngine, precision },
    ...{ inputSize, channels, scale, mean, deviation, layout, streams },
  });
}

function withoutUndefined<T extends object>(
  given: T,
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
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
