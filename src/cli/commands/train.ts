import { normalize } from "node:path";
import { type Command, Option } from "commander";
import { type PresetName, presetNames } from "../../pipeline/presets.js";
import {
  defaultTrainingSettings,
  type RecurrentKind,
  recurrentKindNames,
  type TrainingSettings,
  trainingRanges,
} from "../../pipeline/training-settings.js";
import { type NetworkEngineName, networkEngines } from "../../sequence/network-engine.js";
import {
  addFeatureOptions,
  addJobOptions,
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
import { addFittingOptions, type FittingFlags, fittingOf } from "../fitting-flags.js";
import type { TalkOptions } from "../reporter.js";
import { percent } from "../table.js";

/** Seconds of training that a crash may cost; shorter ones are not kept at all. */
const checkpointSeconds = 10;

interface Options extends TalkOptions, FeatureOptions, JobOptions, DatasetFlags, FittingFlags {
  readonly out: string;
  readonly preset?: PresetName;
  readonly rnn?: RecurrentKind;
  readonly engine?: NetworkEngineName;
  readonly hidden?: number;
  readonly layers?: number;
  readonly dropout?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly lr?: number;
  readonly patience?: number;
  readonly seed?: number;
  readonly splitRatio?: [number, number, number];
  readonly refit?: boolean;
  readonly resume?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Train a model on labelled videos, or on sequences of vectors (.csv, .safetensors).",
    )
    .argument("<dataset>", datasetHelp)
    .requiredOption("--out <model>", "directory to write the model to")
    .addOption(
      new Option(
        "--preset <name>",
        "a training as it is done elsewhere; options beside it go before it",
      ).choices(presetNames),
    )
    .addOption(
      new Option("--rnn <kind>", "classifier over the sequence (default: bilstm)").choices(
        recurrentKindNames,
      ),
    )
    .addOption(
      new Option(
        "--engine <name>",
        "what computes the training of the recurrent network (default: onnx)",
      ).choices(networkEngines),
    )
    .addOption(setting("hidden", "--hidden <h>", "units of each direction"))
    .addOption(setting("layers", "--layers <l>", "recurrent layers"))
    .addOption(setting("dropout", "--dropout <p>", "part of the outputs dropped while training"))
    .addOption(setting("epochs", "--epochs <e>", "passes over the clips, at most"))
    .addOption(setting("batchSize", "--batch-size <b>", "clips a step"))
    .addOption(setting("learningRate", "--lr <r>", "step size, at the height of its schedule"))
    .addOption(
      setting(
        "patience",
        "--patience <p>",
        "epochs without a better validation loss before it stops",
      ),
    )
    .addOption(setting("seed", "--seed <s>", "decides shuffles, weights and splits"))
    .option(
      "--split-ratio <t,v,e>",
      "parts for training, validation and test (default: 0.7,0.15,0.15)",
      ratio,
    )
    .option(
      "--refit",
      "train once more with the validation clips, for as many epochs as they chose (the default, but for presets)",
    )
    .option("--no-refit", "keep the weights that never saw the validation clips")
    .option(
      "--resume",
      "go on with a training that was interrupted, kept beside the model as MODEL.training",
    )
    .option("--json", "print the model's record as JSON")
    .addHelpText("after", "\nExample:\n  muybridge train clips/ --out model/");
  addFittingOptions(command);
  addTalkOptions(addJobOptions(addFeatureOptions(addDatasetOptions(command)))).action(
    async (name: string, options: Options) => {
      const [{ train }, { checkModelTarget }, kept] = await Promise.all([
        import("../../pipeline/train.js"),
        import("../../pipeline/model.js"),
        import("../../pipeline/fitting-choices.js"),
      ]);
      await checkModelTarget(options.out);
      const reporter = context.openReporter(options);
      const { lr, fold: _fold, lists: _lists, columns: _columns, ...others } = options;
      const {
        optimizer: _optimizer,
        schedule: _schedule,
        warmUp: _warmUp,
        clip: _clip,
        ...rest
      } = others;
      const directory = `${normalize(options.out).replace(/[/\\]+$/, "")}.training`;
      // What another training left there is of no use to one that begins anew.
      if (!options.resume) await kept.removeKeptTraining(directory);
      await using model = await train(await openNamedDataset(name, options, reporter), {
        ...featureChoices(rest),
        ...fittingOf(options),
        checkpoint: { directory, everySeconds: checkpointSeconds },
        reuse: options.out,
        ...(lr === undefined ? {} : { learningRate: lr }),
        ...runOptions(options, context, reporter),
      });
      reporter.close();
      await model.save(options.out);
      await kept.removeKeptTraining(directory);
      const { training, validation } = model.record;
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ model: model.digest, out: options.out, ...model.record })}\n`,
        );
        return;
      }
      const { clips } = training.data;
      reporter.info(
        `${clips.train} training, ${clips.validation} validation and ${clips.test} test clips of ${model.classes.length} classes`,
      );
      if (validation) {
        reporter.info(
          `validation accuracy ${percent(validation.accuracy)}, mean-pool baseline ${percent(validation.meanPool)} (${validation.n} clips)`,
        );
      }
      process.stdout.write(`${options.out}\n`);
    },
  );
}

/** The option of a training setting, with the setting's own range and default. */
function setting(name: keyof TrainingSettings, flags: string, what: string): Option {
  const [low, high, kind] = trainingRanges[name];
  const parser = kind === "whole" ? wholeNumber : number;
  return new Option(flags, `${what} (default: ${defaultTrainingSettings[name]})`).argParser(
    parser(low, high),
  );
}
