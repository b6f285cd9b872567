import { topKAccuracy } from "../sequence/classification-metrics.js";
import { calibrationError, logLoss } from "../sequence/probability-scores.js";
import {
  atTemperature,
  fewestForTemperature,
  fitTemperature,
  type SoftmaxLayer,
} from "../sequence/temperature-scaling.js";
import { meanOfRows } from "./mean-of-rows.js";

/** A softmax layer into which its temperature is folded: nothing that computes it needs to know. */
export interface CalibratedSoftmax {
  readonly layer: SoftmaxLayer;
  readonly temperature: number;
  /** How it does on the clips held out, where there are any. */
  readonly figures?: HeldOutFigures;
}

/** How predictions fit the truth on clips that were held out. */
export interface HeldOutFigures {
  readonly accuracy: number;
  readonly logLoss: number;
  readonly ece: number;
  /** The same as it was at a temperature of 1. */
  readonly uncalibrated: { readonly logLoss: number; readonly ece: number };
}

/** Clips held out, as a classifier is judged by them. */
export interface JudgedClips {
  /** The index of each clip's class. */
  readonly truth: readonly number[];
  /**
   * Probabilities at a temperature, each float32 [classes], or [frames, classes] where each frame is labelled.
   */
  readonly predict: (temperature: number) => Promise<readonly Float32Array[]>;
}

/** A temperature, and how the classifier does at it. */
export interface FoundTemperature {
  readonly temperature: number;
  /** How it does on the clips held out, where there are any. */
  readonly figures?: HeldOutFigures;
}

/**
 * Finds a classifier's temperature on clips held out.
 *
 * @param held clips to find it on; without them it is 1
 * @param known a temperature that was found before, which then is taken
 */
export async function findTemperature(
  held: JudgedClips | undefined,
  classes: number,
  known?: number,
): Promise<FoundTemperature> {
  if (known !== undefined || !held) return { temperature: known ?? 1 };
  const { truth, predict } = held;
  const clipsOf = (results: readonly Float32Array[]): Float32Array[] =>
    results.map((rows) => meanOfRows(rows, classes));
  const given = await predict(1);
  const before = clipsOf(given);
  const rows = given.flatMap((all, clip) =>
    Array.from({ length: all.length / classes }, (_, row) => ({
      probabilities: all.subarray(row * classes, (row + 1) * classes),
      truth: truth[clip]!,
    })),
  );
  // The softmax is that of the frames, where there are any; but they are no more witnesses than there are clips.
  const temperature =
    truth.length < fewestForTemperature
      ? 1
      : fitTemperature(
          rows.map((row) => row.probabilities),
          rows.map((row) => row.truth),
        );
  const after = clipsOf(await predict(temperature));
  return {
    temperature,
    figures: {
      accuracy: topKAccuracy(after, truth, 1),
      logLoss: logLoss(after, truth),
      ece: calibrationError(after, truth),
      uncalibrated: { logLoss: logLoss(before, truth), ece: calibrationError(before, truth) },
    },
  };
}

/** Clips held out, as the layer is judged by them. */
export interface JudgedLayer extends Pick<JudgedClips, "truth"> {
  /** Probabilities that a layer gives, each float32 [classes], or [frames, classes] where it labels each frame. */
  readonly predict: (layer: SoftmaxLayer) => Promise<readonly Float32Array[]>;
}

/** {@link findTemperature} of a softmax layer, into which it is folded. */
export async function calibrateSoftmax(
  layer: SoftmaxLayer,
  held: JudgedLayer | undefined,
  known?: number,
): Promise<CalibratedSoftmax> {
  const found = await findTemperature(
    held && {
      truth: held.truth,
      predict: (temperature) => held.predict(atTemperature(layer, temperature)),
    },
    layer.bias.data.length,
    known,
  );
  return { layer: atTemperature(layer, found.temperature), ...found };
}
