import {
  type AttributeMessage,
  integerAttribute,
  integersAttribute,
  integersOf,
  type NodeMessage,
  type TensorMessage,
  tensorMessage,
} from "./read-model.js";
import { elementTypeNumbers, float32, int64, type OnnxTensor } from "./tensor.js";

/** How an operator is said by others, in the operator sets before one. */
export interface WrittenOut {
  readonly before: number;
  /** Undefined where it cannot be said. */
  write(
    node: NodeMessage,
    constants: ReadonlyMap<string, TensorMessage>,
  ): readonly NodeMessage[] | undefined;
}

/** The operators that are newer than the oldest operator set there is a need for, or were less there. */
export const writtenOut: Readonly<Record<string, WrittenOut>> = {
  // It was over the axis and all behind it.
  Softmax: { before: 13, write: softmax },
  Range: { before: 11, write: range },
  // It took no whole numbers.
  Less: { before: 9, write: less },
  // It was of all axes.
  Shape: { before: 15, write: shape },
};

/** Makes nodes whose values have names of their own, behind that of the result. */
function writer({ output: [result = ""] }: NodeMessage) {
  const nodes: NodeMessage[] = [];
  const add = (
    opType: string,
    input: readonly string[],
    part: string,
    attribute: readonly AttributeMessage[] = [],
  ): string => {
    const made = part === "" ? result : `${result}/${part}`;
    nodes.push({ opType, input, output: [made], attribute });
    return made;
  };
  return {
    nodes,
    add,
    constant: (part: string, tensor: OnnxTensor): string =>
      add("Constant", [], part, [{ name: "value", type: 4, t: tensorMessage("", tensor) }]),
    cast: (value: string, part: string, type: "float64" | "int64"): string =>
      add("Cast", [value], part, [integerAttribute("to", elementTypeNumbers[type])]),
  };
}

/** A whole number that is an attribute; a file leaves 0 out of one that is there. */
function numberOf({ attribute }: NodeMessage, wanted: string): number | undefined {
  const found = attribute.find(({ name }) => name === wanted);
  return found && (found.i ?? 0);
}

/** By its formula. */
function softmax(node: NodeMessage): NodeMessage[] {
  const { nodes, add } = writer(node);
  const axis = numberOf(node, "axis") ?? -1;
  const along = [integersAttribute("axes", [axis]), integerAttribute("keepdims", 1)];
  const [value = ""] = node.input;
  const largest = add("ReduceMax", [value], "largest", along);
  const powers = add("Exp", [add("Sub", [value, largest], "below")], "powers");
  const sum = add("ReduceSum", [powers], "sum", along);
  add("Div", [powers, sum], "");
  return nodes;
}

/**
 * 0, 1, 2 and so on, by a recurrent layer of one unit that counts: its input and its weights are 1, its activation does
 * nothing. In float32 it counts to 16 million.
 */
function range(
  node: NodeMessage,
  constants: ReadonlyMap<string, TensorMessage>,
): NodeMessage[] | undefined {
  const [start = "", limit = "", delta = ""] = node.input;
  const numberIn = (name: string): number | undefined => integersOf(constants.get(name))?.[0];
  if (numberIn(start) !== 0 || numberIn(delta) !== 1) return undefined;
  const { nodes, add, constant, cast } = writer(node);
  const one = constant("one", float32([1], [1, 1, 1]));
  const length = add("Reshape", [limit, constant("vector", int64([1]))], "length");
  const repeats = add("Concat", [length, constant("once", int64([1, 1]))], "repeats", [
    integerAttribute("axis", 0),
  ]);
  const ones = add("Tile", [one, repeats], "ones");
  const counts = add("RNN", [ones, one, one], "counts", [
    integerAttribute("hidden_size", 1),
    { name: "activations", type: 8, strings: [Buffer.from("Affine")] },
    { name: "activation_alpha", type: 6, floats: [1] },
    { name: "activation_beta", type: 6, floats: [0] },
  ]);
  const flat = add("Reshape", [counts, constant("flat", int64([-1]))], "row");
  const whole = cast(flat, "whole", "int64");
  add("Sub", [whole, constant("first", int64([1], []))], "");
  return nodes;
}

/** Of doubles, which hold all whole numbers there may be of steps. */
function less(node: NodeMessage): NodeMessage[] {
  const { nodes, add, cast } = writer(node);
  const [a = "", b = ""] = node.input;
  add("Less", [cast(a, "a", "float64"), cast(b, "b", "float64")], "");
  return nodes;
}

/** Of all axes; then those asked for. */
function shape(node: NodeMessage): NodeMessage[] | undefined {
  const start = numberOf(node, "start") ?? 0;
  const end = numberOf(node, "end");
  if (end === undefined) return start === 0 ? [node] : undefined;
  const { nodes, add, constant } = writer(node);
  const axes = Array.from({ length: end - start }, (_, i) => start + i);
  const all = add("Shape", node.input, "all");
  add("Gather", [all, constant("axes", int64(axes))], "", [integerAttribute("axis", 0)]);
  return nodes;
}
