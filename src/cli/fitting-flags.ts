import { type Command, InvalidArgumentError, Option } from "commander";
import type { FittingChoices } from "../pipeline/fitting-choices.js";
import { type Clipping, type ClippingWay, clippingWays } from "../sequence/optimisers/clipping.js";
import { type OptimiserName, optimiserNames } from "../sequence/optimisers/open-optimiser.js";
import type { LearningRateSchedule } from "../sequence/training/learning-rate-schedule.js";
import { number } from "./command.js";

/** How a network's weights are moved, as the command line says it. */
export interface FittingFlags {
  readonly optimizer?: OptimiserName;
  readonly schedule?: LearningRateSchedule;
  readonly warmUp?: NonNullable<LearningRateSchedule["warmUp"]>;
  readonly clip?: Clipping | null;
}

/** Adds --optimizer, --schedule, --warm-up and --clip. */
export function addFittingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--optimizer <name>",
        "what moves the weights; adam is adamw without weight decay (default: adamw)",
      ).choices(optimiserNames),
    )
    .option(
      "--schedule <s>",
      "how the step size goes: constant, cosine, piecewise:FACTOR,EPOCHS or plateau:FACTOR,EPOCHS (default: constant)",
      parseSchedule,
    )
    .option(
      "--warm-up <n>",
      "epochs in which the step size climbs to its height, or steps, as 100steps (default: 0)",
      parseWarmUp,
    )
    .option(
      "--clip <c>",
      "largest norm of all gradients together; norm:N for each parameter's, value:N for each value, none (default: 2)",
      parseClipping,
    );
}

/** The choices, from the flags. */
export function fittingOf({ optimizer, schedule, warmUp, clip }: FittingFlags): FittingChoices {
  const climbing = warmUp && { ...(schedule ?? { type: "constant" as const }), warmUp };
  const whole = climbing ?? schedule;
  return {
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(whole === undefined ? {} : { schedule: whole }),
    ...(clip === undefined ? {} : { clip }),
  };
}

/** Most epochs or steps that an option takes. */
const most = 1e6;

function parseSchedule(text: string): LearningRateSchedule {
  const [type = "", ...rest] = text.split(":");
  const [factor, epochs] = rest.length === 0 ? [] : rest.join(":").split(",");
  const isPlain = rest.length === 0;
  if (isPlain && (type === "constant" || type === "cosine")) return { type };
  const numbers = {
    ...(factor === undefined ? {} : { factor: number(0, 1)(factor) }),
    ...(epochs === undefined ? {} : { epochs: number(1, most)(epochs) }),
  };
  const { epochs: length, ...others } = numbers;
  if (type === "piecewise") {
    return { type, ...others, ...(length === undefined ? {} : { everyEpochs: length }) };
  }
  if (type === "plateau") {
    return { type, ...others, ...(length === undefined ? {} : { patience: length }) };
  }
  throw new InvalidArgumentError(
    "It must be constant, cosine, piecewise or plateau, the last two with a factor and epochs if wanted, as piecewise:0.1,10.",
  );
}

function parseWarmUp(text: string): NonNullable<LearningRateSchedule["warmUp"]> {
  const steps = /^(.*?) ?steps$/.exec(text)?.[1];
  return steps === undefined
    ? { epochs: number(0, most)(text) }
    : { steps: number(0, most)(steps) };
}

function parseClipping(text: string): Clipping | null {
  if (text === "none") return null;
  const [first = "", second] = text.split(":");
  const by = second === undefined ? "global-norm" : first;
  if (!clippingWays.includes(by as ClippingWay)) {
    throw new InvalidArgumentError(
      "It must be a norm, none, or global-norm:N, norm:N or value:N, as norm:1.",
    );
  }
  return { by: by as ClippingWay, limit: number(1e-12, 1e12)(second ?? first) };
}
