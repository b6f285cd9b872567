import {
  integerAttribute,
  type NodeMessage,
  readModel,
  type ValueMessage,
  writeModel,
} from "../../onnx/read-model.js";
import { openOnnxSession } from "../../onnx/session.js";
import { elementTypeNumbers, uint8 } from "../../onnx/tensor.js";
import type { ActivationRanges } from "../cnn-choice.js";
import type { PreparedNetwork } from "../prepared-network.js";
import { findQuantisableSteps, valuesToMeasure } from "./quantisable-steps.js";

/** Watches what values a network takes. Whoever opens it closes it. */
export interface RangeMeter extends AsyncDisposable {
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
  /**
   * The least and greatest value that each tensor takes on these frames.
   *
   * @param frames uint8 RGB, row-major [n, inputSize, inputSize, 3], n at least 1
   * @throws RangeError where the length of `frames` is no multiple of a frame's
   */
  measure(frames: Uint8Array): Promise<ActivationRanges>;
  close(): Promise<void>;
}

/** Frames computed at once, where the network takes any number. */
const usualFramesAtOnce = 4;

/** Opens a network for measuring: the same network, with the extremes of its tensors as outputs. */
export async function openRangeMeter(network: PreparedNetwork): Promise<RangeMeter> {
  const { graph, inputSize, framesAtOnce = usualFramesAtOnce } = network;
  const quantisable = findQuantisableSteps(readModel(graph));
  const { model } = quantisable;
  const values = valuesToMeasure(quantisable);
  const node: NodeMessage[] = [...model.graph.node];
  const output: ValueMessage[] = [];
  const elemType = elementTypeNumbers.float32;
  for (const value of values) {
    for (const opType of ["ReduceMin", "ReduceMax"]) {
      const name = `${value}:${opType}`;
      const attribute = [integerAttribute("keepdims", 0)];
      node.push({ opType, name, input: [value], output: [name], attribute });
      output.push({ name, type: { tensorType: { elemType, shape: { dim: [] } } } });
    }
  }
  const measuring = { ...model, graph: { ...model.graph, node, output } };
  const session = await openOnnxSession(writeModel(measuring));
  const frameSize = inputSize * inputSize * 3;
  const close = (): Promise<void> => session.close();
  return {
    inputSize,
    async measure(frames) {
      if (frames.length === 0 || frames.length % frameSize !== 0) {
        throw new RangeError(
          `frames must hold a multiple of ${frameSize} bytes, at least one frame; it holds ${frames.length}.`,
        );
      }
      const parts: ActivationRanges[] = [];
      for (let first = 0; first < frames.length; first += framesAtOnce * frameSize) {
        const part = frames.subarray(first, first + framesAtOnce * frameSize);
        const shape = [part.length / frameSize, inputSize, inputSize, 3];
        const extremes = await session.run({ frames: uint8(part, shape) });
        const end = (value: string, kind: string): number =>
          extremes[`${value}:${kind}`]!.data[0] as number;
        parts.push(
          Object.fromEntries(
            values.map((value) => [value, [end(value, "ReduceMin"), end(value, "ReduceMax")]]),
          ),
        );
      }
      return joinRanges(parts);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The ranges that hold all of these. */
export function joinRanges(parts: readonly ActivationRanges[]): ActivationRanges {
  const joined = new Map<string, readonly [number, number]>();
  for (const [value, [low, high]] of parts.flatMap((part) => Object.entries(part))) {
    const [least, greatest] = joined.get(value) ?? [low, high];
    joined.set(value, [Math.min(least, low), Math.max(greatest, high)]);
  }
  return Object.fromEntries(joined);
}
