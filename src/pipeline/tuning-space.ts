import type { SearchSpace, Settings } from "../sequence/tuning/search-space.js";
import { type RecurrentKind, recurrentKind, recurrentKindNames } from "./training-settings.js";

/** A classifier with a recurrent network; the mean-pool one has nothing to tune. */
export type TunableKind = Exclude<RecurrentKind, "meanpool">;

/** Sizes of a batch that are tried, where there are as many clips. */
const batchSizes = [16, 32, 64, 128] as const;

/**
 * What `tune` searches: the settings that published studies of BiLSTMs tuned by whales search, in their ranges
 * (docs/tuning.md). All are rounded, so that settings that are as good as the same are trained once.
 *
 * @param clips the fewest clips that a fold is trained on
 */
export function tuningSpace(clips: number) {
  const fitting = batchSizes.filter((size) => size <= clips);
  return {
    rnn: { type: "categorical", choices: tunableKinds },
    hidden: { type: "integer", low: 32, high: 256, step: 8, scale: "log" },
    layers: { type: "integer", low: 1, high: 2 },
    dropout: { type: "real", low: 0.1, high: 0.5, digits: 1 },
    learningRate: { type: "real", low: 1e-4, high: 1e-1, scale: "log", digits: 2 },
    weightDecay: { type: "real", low: 1e-2, high: 10, scale: "log", digits: 1 },
    batchSize: { type: "categorical", choices: fitting.length > 0 ? fitting : [batchSizes[0]] },
  } as const satisfies SearchSpace;
}

const tunableKinds = recurrentKindNames.filter(
  (name): name is TunableKind => recurrentKind(name) !== null,
);

/** The space of {@link tuningSpace}. */
export type TuningSpace = ReturnType<typeof tuningSpace>;

/** Settings that `tune` can choose. */
export type TunedSettings = Settings<TuningSpace>;
