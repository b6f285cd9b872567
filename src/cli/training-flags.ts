import { Command, Option } from "commander";
import { type HeadChoice, headChoices } from "../pipeline/heads.js";
import { type PresetName, presetNames } from "../pipeline/presets.js";
import type { TrainOptions } from "../pipeline/train.js";
import {
  defaultTrainingSettings,
  type RecurrentKind,
  recurrentKindNames,
  type TrainingSettings,
  trainingRanges,
} from "../pipeline/training-settings.js";
import { type NetworkEngineName, networkEngines } from "../sequence/network-engine.js";
import { type Output, outputs } from "../sequence/network-shape.js";
import {
  addFeatureOptions,
  type FeatureOptions,
  featureChoices,
  number,
  ratio,
  wholeNumber,
} from "./command.js";
import { addFittingOptions, type FittingFlags, fittingOf } from "./fitting-flags.js";

/** How a model is trained, as the command line says it. */
export interface TrainingFlags extends FeatureOptions, FittingFlags {
  readonly preset?: PresetName;
  readonly head?: HeadChoice;
  readonly rnn?: RecurrentKind;
  readonly output?: Output;
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
}

/** Adds all that decides a training but the data: the network, how it is fitted, and the features. */
export function addTrainingOptions(command: Command): Command {
  command
    .addOption(
      new Option(
        "--preset <name>",
        "a training as it is done elsewhere; options beside it go before it",
      ).choices(presetNames),
    )
    .addOption(
      new Option(
        "--head <what>",
        "what tells the classes apart; auto takes what does best on groups left out (default: auto for videos where no option of the network is given, else recurrent)",
      ).choices(headChoices),
    )
    .addOption(
      new Option("--rnn <kind>", "classifier over the sequence (default: bilstm)").choices(
        recurrentKindNames,
      ),
    )
    .addOption(
      new Option(
        "--output <what>",
        "one label a clip, or one for each frame, for label to find segments by (default: last)",
      ).choices(outputs),
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
    .option("--no-refit", "keep the weights that never saw the validation clips");
  return addFeatureOptions(addFittingOptions(command));
}

/** The names of all options that {@link addTrainingOptions} adds, as commander has them. */
export function trainingFlagNames(): readonly string[] {
  return addTrainingOptions(new Command()).options.map((option) => option.attributeName());
}

/** The options of a training, from the flags; whatever else is among them is left out. */
export function trainingOf(flags: TrainingFlags): TrainOptions {
  const names = new Set(trainingFlagNames());
  const own = Object.entries(flags).filter(([name]) => names.has(name));
  const {
    lr,
    optimizer: _optimizer,
    schedule: _schedule,
    warmUp: _warmUp,
    clip: _clip,
    ...rest
  } = Object.fromEntries(own) as TrainingFlags;
  return {
    ...featureChoices(rest),
    ...fittingOf(flags),
    ...(lr === undefined ? {} : { learningRate: lr }),
  };
}

/** The option of a training setting, with the setting's own range and default. */
function setting(name: keyof TrainingSettings, flags: string, what: string): Option {
  const [low, high, kind] = trainingRanges[name];
  const parser = kind === "whole" ? wholeNumber : number;
  return new Option(flags, `${what} (default: ${defaultTrainingSettings[name]})`).argParser(
    parser(low, high),
  );
}
