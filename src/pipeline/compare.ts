import type { Dataset } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import {
  bootstrapInterval,
  type Interval,
  mcNemar,
  wilsonInterval,
} from "../sequence/paired-comparison.js";
import { type EvaluateOptions, evaluate, type FailedVideo, type JudgedVideo } from "./evaluate.js";
import type { Model } from "./model.js";

/** How one of two models does on the clips that both were judged by. */
export interface ComparedModel {
  /** Digest of the model. */
  readonly model: string;
  readonly accuracy: number;
  /** 95 %, as if the clips were independent (Wilson). */
  readonly interval: Interval;
}

/** Two models on the same clips. */
export interface Comparison {
  /** Clips judged by both. */
  readonly n: number;
  /** Clips that only one of the models could judge, or that one of them was trained on; in none of the figures. */
  readonly leftOut: number;
  readonly a: ComparedModel;
  readonly b: ComparedModel;
  readonly bothRight: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly bothWrong: number;
  /** Accuracy of B less that of A, in [-1, 1]. */
  readonly difference: number;
  /** 95 % of the difference, by the bootstrap. */
  readonly interval: Interval;
  /** What the bootstrap draws: groups, since their clips are alike; single clips where there are too few groups. */
  readonly drawn: "groups" | "clips";
  /** Of McNemar's exact test: how likely so great a difference would be if neither were better. */
  readonly pValue: number;
  /** Clips on which exactly one is right, in the data set's order. */
  readonly differing: readonly DifferingClip[];
  /** Videos that one of the models, or both, could not be asked about. */
  readonly failed: readonly FailedVideo[];
}

/** A clip that one model tells right and the other wrong. */
export interface DifferingClip {
  readonly path: string;
  readonly truth: string;
  readonly a: string;
  readonly b: string;
}

/** With fewer groups than this, drawing groups would say little of how much they vary. */
const fewestGroups = 5;

/**
 * Judges two models by the same clips. Each is asked about the part of the data that it does not know from training, as
 * in `evaluate`; compared are the clips that are in both parts.
 *
 * @throws MuybridgeError as `evaluate` does; ERR_DATASET_INVALID where no clip is left to compare.
 */
export async function compare(
  a: Model,
  b: Model,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Comparison> {
  const first = await evaluate(a, dataset, options);
  const second = await evaluate(b, dataset, options);
  const judgedByB = new Map(second.predictions.map((judged) => [judged.name, judged]));
  const pairs = first.predictions.flatMap((judged): [JudgedVideo, JudgedVideo][] => {
    const other = judgedByB.get(judged.name);
    return other ? [[judged, other]] : [];
  });
  const n = pairs.length;
  if (n === 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `${dataset.name} has no clip that both models can be judged by: the models were trained with other splits.`,
      { path: dataset.name },
    );
  }
  const isRight = ({ label, truth }: JudgedVideo): boolean => label === truth;
  const count = (wantedA: boolean, wantedB: boolean): number =>
    pairs.filter(([one, other]) => isRight(one) === wantedA && isRight(other) === wantedB).length;
  const onlyA = count(true, false);
  const onlyB = count(false, true);
  const bothRight = count(true, true);
  const groupOf = new Map(dataset.items.map(({ name, group }) => [name, group]));
  const groups = pairs.map(([{ name }]) => groupOf.get(name));
  const hasGroups = new Set(groups.filter((group) => group !== undefined)).size >= fewestGroups;
  const compared = (model: Model, right: number): ComparedModel => ({
    model: model.digest,
    accuracy: right / n,
    interval: wilsonInterval(right, n),
  });
  return {
    n,
    leftOut: first.predictions.length + second.predictions.length - 2 * n,
    a: compared(a, bothRight + onlyA),
    b: compared(b, bothRight + onlyB),
    bothRight,
    onlyA,
    onlyB,
    bothWrong: count(false, false),
    difference: (onlyB - onlyA) / n,
    interval: bootstrapInterval(
      pairs.map(([one, other]) => Number(isRight(other)) - Number(isRight(one))),
      hasGroups ? groups : groups.map(() => undefined),
      createRandom("compare"),
    ),
    drawn: hasGroups ? "groups" : "clips",
    pValue: mcNemar(onlyA, onlyB),
    differing: pairs
      .filter(([one, other]) => isRight(one) !== isRight(other))
      .map(([one, other]) => ({
        path: one.name,
        truth: one.truth,
        a: one.label,
        b: other.label,
      })),
    failed: [
      ...new Map([...first.failed, ...second.failed].map((each) => [each.path, each])).values(),
    ],
  };
}
