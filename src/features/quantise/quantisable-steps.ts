/**
 * Quantise: a network's convolutions and additions in 8-bit whole numbers, laid out by the ranges its values
 * take. A value v is stored as round(v / scale) + zero, a kernel with a scale for every output channel
 * (Jacob et al. 2018, https://arxiv.org/abs/1712.05877; Krishnamoorthi 2018, https://arxiv.org/abs/1806.08342).
 *
 * This file: which steps of a network that can be.
 */
import {
  floatsOf,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
} from "../../onnx/read-model.js";
import { foldBatchNormalisation } from "./fold-batch-normalisation.js";
import { findPixelInput, type PixelInput } from "./pixel-input.js";

/** A step that can be computed in int8: a node, and the activation that comes with it. */
export interface QuantisableStep {
  readonly node: NodeMessage;
  /** Relu or Clip right behind it. Values cut off at the ends of their range need no such node. */
  readonly activation?: NodeMessage;
  /** Computed values that go in, by name. */
  readonly inputs: readonly string[];
  /** The value that comes out, after the activation. */
  readonly output: string;
  /** What the activation keeps the output within. */
  readonly bounds: readonly [low: number, high: number];
  /** Whether the output is a choice of the input's values, so that it is stored as they are. */
  readonly passesOn: boolean;
  /** Where a convolution works on the frames: how they become its input. */
  readonly pixels?: PixelInput;
}

/** A network and its steps that can be computed in int8, in the order of computing. */
export interface QuantisableNetwork {
  readonly model: ModelMessage;
  readonly constants: ReadonlyMap<string, TensorMessage>;
  readonly steps: readonly QuantisableStep[];
}

/** Nodes beside convolutions that onnxruntime computes in int8; whether each only chooses among its input's values. */
const others: ReadonlyMap<string, { readonly passesOn: boolean }> = new Map([
  ["Add", { passesOn: false }],
  ["AveragePool", { passesOn: false }],
  ["Concat", { passesOn: false }],
  ["MaxPool", { passesOn: true }],
]);

/** Finds the convolutions with constant kernels, and what joins or pools their results. */
export function findQuantisableSteps(original: ModelMessage): QuantisableNetwork {
  const model = foldBatchNormalisation(original);
  const { node: nodes, initializer, output } = model.graph;
  const constants = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const declared = new Set(output.map(({ name }) => name));
  const users = usersOf(nodes);
  const steps: QuantisableStep[] = [];
  const stored = new Set<string>();
  for (const node of nodes) {
    const [value = ""] = node.output;
    if (!isQuantisable(node, constants, stored)) continue;
    const [next, second] = users.get(value) ?? [];
    const joins = node.opType === "Conv" || node.opType === "Add";
    const bounds = joins && !second && !declared.has(value) && activationBounds(next, constants);
    const activation = bounds ? next : undefined;
    const result = activation?.output[0] ?? value;
    if (declared.has(result)) continue;
    stored.add(result);
    const inputs = node.opType === "Conv" ? node.input.slice(0, 1) : node.input;
    const onThree = node.opType === "Conv" && constants.get(node.input[1]!)?.dims[1] === 3;
    const pixels = onThree && findPixelInput(model, constants, inputs[0]!);
    steps.push({
      node,
      ...(activation ? { activation } : {}),
      inputs,
      output: result,
      bounds: bounds || [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      passesOn: others.get(node.opType)?.passesOn ?? false,
      ...(pixels ? { pixels } : {}),
    });
  }
  return { model, constants, steps };
}

/** The values whose ranges have to be known, by name. */
export function valuesToMeasure({ steps }: QuantisableNetwork): string[] {
  return [
    ...new Set(
      steps.flatMap(({ inputs, output, passesOn, pixels }) => [
        ...(pixels ? [] : inputs),
        ...(passesOn ? [] : [output]),
      ]),
    ),
  ];
}

/** The nodes that take each value. */
export function usersOf(nodes: readonly NodeMessage[]): ReadonlyMap<string, NodeMessage[]> {
  const users = new Map<string, NodeMessage[]>();
  for (const node of nodes) {
    for (const input of node.input) {
      const known = users.get(input);
      if (known) known.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}

function isQuantisable(
  { opType, domain, input, output }: NodeMessage,
  constants: ReadonlyMap<string, TensorMessage>,
  stored: ReadonlySet<string>,
): boolean {
  if (domain || output.length !== 1) return false;
  if (opType === "Conv") {
    const [, kernel, bias] = input;
    return isUsable(constants.get(kernel ?? ""), 4) && (!bias || isUsable(constants.get(bias), 1));
  }
  // Between values in float it would only be slower.
  return others.has(opType) && input.every((value) => stored.has(value));
}

/** Whether a constant has so many axes and finite numbers. */
function isUsable(tensor: TensorMessage | undefined, axes: number): boolean {
  return (
    tensor?.dims.length === axes &&
    (floatsOf(tensor)?.every((value) => Number.isFinite(value)) ?? false)
  );
}

/** What an activation keeps values within; undefined where it is none that the ends of a range can stand for. */
function activationBounds(
  node: NodeMessage | undefined,
  constants: ReadonlyMap<string, TensorMessage>,
): readonly [number, number] | undefined {
  if (node?.opType === "Relu") return [0, Number.POSITIVE_INFINITY];
  if (node?.opType !== "Clip") return undefined;
  const [low, high] = node.input.slice(1).map((name) => floatsOf(constants.get(name)));
  return low?.[0] === 0 && high?.[0] !== undefined && high[0] > 0 ? [0, high[0]] : undefined;
}
