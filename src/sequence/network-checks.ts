import { MuybridgeError } from "../core/errors.js";
import { float32, type OnnxTensor } from "../onnx/tensor.js";
import type { NetworkShape } from "./network-shape.js";

/** The states of sequence `b` out of those of a batch, [T, B, width] → [steps, width]. */
export function unpad(
  states: Float32Array,
  b: number,
  steps: number,
  batch: number,
  width: number,
): Float32Array {
  const sequence = new Float32Array(steps * width);
  for (let t = 0; t < steps; t++) {
    const from = (t * batch + b) * width;
    sequence.set(states.subarray(from, from + width), t * width);
  }
  return sequence;
}

/** @throws MuybridgeError ERR_USAGE naming the sequence that is empty or no multiple of the input size. */
export function checkSequences(x: readonly Float32Array[], inputSize: number): void {
  const wrong = x.findIndex(
    (sequence) => sequence.length === 0 || sequence.length % inputSize !== 0,
  );
  if (wrong >= 0) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `Sequence ${wrong} holds ${x[wrong]!.length} values, not a multiple of ${inputSize} above 0.`,
      { parameter: "x" },
    );
  }
}

/** @throws MuybridgeError ERR_USAGE for a network without a head. */
export function needsHead(shape: NetworkShape): void {
  if (shape.head) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    "A network without a head predicts nothing; ask for its states.",
    {
      parameter: "head",
    },
  );
}

/** @throws MuybridgeError ERR_USAGE for a network of two directions. */
export function needsOneDirection({ bidirectional }: NetworkShape): void {
  if (!bidirectional) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    "A network of two directions sees whole sequences only; states from part to part are for one direction.",
    { parameter: "bidirectional" },
  );
}

/** @throws MuybridgeError ERR_USAGE for a network whose predictions are no inputs of its own. */
export function needsOwnInput({ head, inputSize, contextSize }: NetworkShape): void {
  if (head?.type === "regression" && head.size === inputSize && contextSize === 0) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `A forecast needs a regression of as many values as an input has, ${inputSize}, and no context.`,
    { parameter: "head" },
  );
}

/** Gradients of the last states as the graph takes them, [B, layers · width]; of the top layer where one is given. */
export function lastGradients(
  dLast: readonly Float32Array[],
  width: number,
  layers: number,
): OnnxTensor {
  const data = new Float32Array(dLast.length * layers * width);
  for (const [b, row] of dLast.entries()) {
    if (row.length !== width && row.length !== layers * width) {
      throw new MuybridgeError(
        "ERR_USAGE",
        `dLast[${b}] must hold ${width} values, or ${layers * width} for all layers.`,
        { parameter: "dLast" },
      );
    }
    data.set(row, (b + 1) * layers * width - row.length);
  }
  return float32(data, [dLast.length, layers * width]);
}
