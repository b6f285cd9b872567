import { MuybridgeError } from "../../core/errors.js";
import { contextOf, type LabelledSequences } from "./training-data.js";

/** Where a training went astray. */
export interface Divergence {
  readonly epoch: number;
  /** Of the epoch, from 1. */
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

/** The error of a training whose loss or gradients are no longer numbers: what happened, where, and what to try. */
export function diverged(where: Divergence, data: LabelledSequences): MuybridgeError {
  const { epoch, step, loss, learningRate, gradientNorm } = where;
  const broken = data.x.findIndex(
    (sequence, index) => !allFinite(sequence) || !allFinite(contextOf(data, index)),
  );
  const advice =
    broken >= 0
      ? `Sequence ${broken} holds values that are not finite; mend it or leave it out.`
      : "Lower the learning rate, let it warm up, or clip the gradients to a smaller norm.";
  return new MuybridgeError(
    "ERR_USAGE",
    `Training came to a loss that is not a number in epoch ${epoch}, step ${step}: loss ${loss}, learning rate ${learningRate}, gradient norm ${gradientNorm}. ${advice}`,
    { parameter: broken >= 0 ? "x" : "learningRate" },
  );
}

/** The error of a training whose validation loss is not finite. */
export function strayed(epoch: number, loss: number): MuybridgeError {
  return new MuybridgeError(
    "ERR_USAGE",
    `The validation loss is ${loss} after epoch ${epoch}. Lower the learning rate, or look for values that are not finite in the validation sequences.`,
    { parameter: "validation" },
  );
}

function allFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}
