import { MuybridgeError } from "../core/errors.js";

/** Numbers that decide a training. */
export interface TrainingSettings {
  /** Units of each direction. */
  readonly hidden: number;
  /** Recurrent layers, one over the other. */
  readonly layers: number;
  /** Part of the network's outputs that is dropped while training, in [0, 1). */
  readonly dropout: number;
  /** Passes over the training clips, at most. */
  readonly epochs: number;
  /** Clips a step. */
  readonly batchSize: number;
  /** Adam's step size. */
  readonly learningRate: number;
  /** Epochs without a better validation loss before training stops. */
  readonly patience: number;
  /** Decides shuffles, initial weights, dropout and, where the data set says nothing, the split. */
  readonly seed: number;
}

/** The settings where none are given. */
export const defaultTrainingSettings: TrainingSettings = {
  hidden: 128,
  layers: 1,
  dropout: 0.5,
  epochs: 40,
  batchSize: 16,
  learningRate: 1e-3,
  patience: 8,
  seed: 1,
};

/** The classifiers over a sequence; null for the mean-pool one, which has no recurrent network. */
const recurrentKinds = {
  bilstm: { cell: "lstm", bidirectional: true },
  lstm: { cell: "lstm", bidirectional: false },
  bigru: { cell: "gru", bidirectional: true },
  gru: { cell: "gru", bidirectional: false },
  birnn: { cell: "rnn", bidirectional: true },
  rnn: { cell: "rnn", bidirectional: false },
  meanpool: null,
} as const;

/** Name of a classifier, as `--rnn` takes it. */
export type RecurrentKind = keyof typeof recurrentKinds;

/** Names of the classifiers. */
export const recurrentKindNames = Object.keys(recurrentKinds) as readonly RecurrentKind[];

/**
 * The cell and directions of a name; null for the mean-pool classifier.
 *
 * @throws MuybridgeError ERR_USAGE listing the names.
 */
export function recurrentKind(name: RecurrentKind): (typeof recurrentKinds)[RecurrentKind] {
  if (Object.hasOwn(recurrentKinds, name)) return recurrentKinds[name];
  throw new MuybridgeError(
    "ERR_USAGE",
    `rnn must be one of ${recurrentKindNames.join(", ")}; it is ${name}.`,
    {
      parameter: "rnn",
    },
  );
}

/** Lowest and highest value of each setting, and whether it must be whole. */
export const trainingRanges: Readonly<
  Record<keyof TrainingSettings, readonly [number, number, "whole" | "real"]>
> = {
  hidden: [1, 8192, "whole"],
  layers: [1, 16, "whole"],
  dropout: [0, 0.99, "real"],
  epochs: [1, 100_000, "whole"],
  batchSize: [1, 65_536, "whole"],
  learningRate: [1e-8, 10, "real"],
  patience: [1, 100_000, "whole"],
  seed: [0, Number.MAX_SAFE_INTEGER, "whole"],
};

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE naming the setting that is out of its range.
 */
export function trainingSettings(
  given: Partial<TrainingSettings>,
  defaults: TrainingSettings = defaultTrainingSettings,
): TrainingSettings {
  const settings: Record<string, number> = {};
  for (const [name, [low, high, kind]] of Object.entries(trainingRanges)) {
    const key = name as keyof TrainingSettings;
    const value = given[key] ?? defaults[key];
    if (!(value >= low && value <= high) || (kind === "whole" && !Number.isInteger(value))) {
      const noun = kind === "whole" ? "a whole number" : "a number";
      throw new MuybridgeError(
        "ERR_USAGE",
        `${name} must be ${noun} from ${low} to ${high}; it is ${value}.`,
        {
          parameter: name,
        },
      );
    }
    settings[name] = value;
  }
  return settings as unknown as TrainingSettings;
}
