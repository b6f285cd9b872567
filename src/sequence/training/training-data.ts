import { MuybridgeError } from "../../core/errors.js";
import type { NetworkShape } from "../network-shape.js";
import { checkTargets, type Target } from "../targets.js";

/** Sequences and what the network is to give for them. */
export interface LabelledSequences {
  /** Each float32 [T_i, inputSize], row-major. */
  readonly x: readonly Float32Array[];
  /** What the network is to give for each sequence. */
  readonly y: readonly Target[];
  /** Each float32 [contextSize], for a network with a context. */
  readonly context?: readonly Float32Array[];
}

/** What a network is trained on. */
export interface TrainingData extends LabelledSequences {
  /**
   * Judges every epoch; never trained on. A fraction in (0, 1) holds out that part of the sequences, whole groups
   * of them. Without it, training runs through all its epochs.
   */
  readonly validation?: LabelledSequences | number;
  /** What sequences of one scene or person share, one for each. Default: each sequence is its own group. */
  readonly groups?: readonly (string | number)[];
}

/** Training data of which the validation part is laid out. */
export type HeldOut = LabelledSequences & { readonly validation?: LabelledSequences };

const noContext = new Float32Array(0);

/** The context of a sequence, [contextSize]; empty where there is none. */
export function contextOf({ context }: LabelledSequences, index: number): Float32Array {
  return context?.[index] ?? noContext;
}

/**
 * Checks that data fit a network.
 *
 * @throws MuybridgeError ERR_USAGE naming what does not.
 */
export function checkData(data: HeldOut, shape: NetworkShape): void {
  for (const part of data.validation ? [data, data.validation] : [data]) {
    const { x, y } = part;
    if (x.some((_, index) => contextOf(part, index).length !== shape.contextSize)) {
      throw usage("context", `Every sequence must have a context of ${shape.contextSize} values.`);
    }
    if (x.length === 0 || x.length !== y.length) {
      throw usage("y", "x and y must be of the same length, above 0.");
    }
    if (x.some((sequence) => sequence.length === 0 || sequence.length % shape.inputSize !== 0)) {
      throw usage("x", `Every sequence must hold a multiple of ${shape.inputSize} values.`);
    }
    checkTargets(shape, x, y);
  }
}

function usage(parameter: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter });
}
