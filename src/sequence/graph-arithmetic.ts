import type { Graph } from "../onnx/graph.js";
import { float32, int64 } from "../onnx/tensor.js";

/** Products, sums and the like of values in a graph, by their names. */
export interface GraphArithmetic {
  add(a: string, b: string): string;
  subtract(a: string, b: string): string;
  /** The product of all factors, element by element. */
  times(...factors: readonly string[]): string;
  divide(a: string, b: string): string;
  matMul(a: string, b: string): string;
  /** The product of two matrices, transposed first where it is said, plus `addend`. */
  gemm(a: string, b: string, options?: ProductOptions): string;
  /** 1 - value */
  complement(value: string): string;
  concat(values: readonly string[], axis: number): string;
  /** Equal parts along an axis. */
  split(value: string, axis: number, parts: number): string[];
  /** Parts of given lengths along an axis. */
  splitSizes(value: string, axis: number, sizes: readonly number[]): string[];
  /** From the last to the first along an axis. */
  reverse(value: string, axis: number): string;
  transpose(value: string, perm: readonly number[]): string;
  /** 0 keeps an axis, -1 is worked out. */
  reshape(value: string, dims: readonly number[]): string;
  unsqueeze(value: string, axis: number): string;
  squeeze(value: string, axis: number): string;
  /** The sum over an axis, which is dropped. */
  sum(value: string, axis: number, keep?: boolean): string;
  /** A float32 scalar. */
  scalar(value: number): string;
  /** An int64 vector. */
  integers(...values: readonly number[]): string;
}

/** Options of a product of two matrices. */
export interface ProductOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Added to the product; a length of 1 is repeated. */
  readonly addend?: string;
}

/** Less than any index: where a slice that runs backwards ends. */
const beforeStart = -(2 ** 31);

/** Opens the arithmetic of a graph. */
export function arithmeticOf(graph: Graph): GraphArithmetic {
  const integers = (...values: readonly number[]): string => graph.constant(int64(values));
  const scalar = (value: number): string => graph.constant(float32([value], []), "scalar");
  const node = (op: string, ...inputs: readonly string[]): string => graph.node(op, inputs);
  return {
    add: (a, b) => node("Add", a, b),
    subtract: (a, b) => node("Sub", a, b),
    times: (...factors) => factors.reduce((product, factor) => node("Mul", product, factor)),
    divide: (a, b) => node("Div", a, b),
    matMul: (a, b) => node("MatMul", a, b),
    gemm: (a, b, { transposeA = false, transposeB = false, addend } = {}) =>
      graph.node("Gemm", addend === undefined ? [a, b] : [a, b, addend], {
        transA: { i: transposeA ? 1 : 0 },
        transB: { i: transposeB ? 1 : 0 },
      }),
    complement: (value) => node("Sub", scalar(1), value),
    concat: (values, axis) =>
      values.length === 1 ? values[0]! : graph.node("Concat", values, { axis: { i: axis } }),
    split: (value, axis, parts) =>
      parts === 1
        ? [value]
        : graph.nodes("Split", [value], parts, { axis: { i: axis }, num_outputs: { i: parts } }),
    splitSizes: (value, axis, sizes) =>
      graph.nodes("Split", [value, integers(...sizes)], sizes.length, { axis: { i: axis } }),
    reverse: (value, axis) =>
      node("Slice", value, integers(-1), integers(beforeStart), integers(axis), integers(-1)),
    transpose: (value, perm) => graph.node("Transpose", [value], { perm: { ints: perm } }),
    reshape: (value, dims) => node("Reshape", value, integers(...dims)),
    unsqueeze: (value, axis) => node("Unsqueeze", value, integers(axis)),
    squeeze: (value, axis) => node("Squeeze", value, integers(axis)),
    sum: (value, axis, keep = false) =>
      graph.node("ReduceSum", [value, integers(axis)], { keepdims: { i: keep ? 1 : 0 } }),
    scalar,
    integers,
  };
}
