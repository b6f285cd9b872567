import { elementTypeNumbers, float32, int64 } from "../onnx/tensor.js";
import { addDouble, addIsLess, type FeatureInput, float64 } from "./feature-input.js";
import { arithmeticOf } from "./graph-arithmetic.js";
import { type Pool, type PooledBlock, partsOf } from "./pooled-blocks.js";

/** The smallest float32 above 0, of whose square all sums of squares are multiples: no root of one is below it but 0. */
const smallestRoot = 2 ** -149;

/** Equal parts of each sequence's own steps. */
interface Parts {
  /** 1 where a step is in a part, 0 elsewhere: float64 [batch, parts, time]. */
  readonly mask: string;
  /** Steps of each part, 1 at least: float64 [batch, parts, 1]. */
  readonly counts: string;
}

/** A block of the features. */
interface Block {
  /** float64 [batch, time, dimension], 0 in the padding. */
  readonly values: string;
  /** float32 [batch, time, dimension]; whatever there is in the padding. */
  readonly features: string;
}

/**
 * Adds what {@link poolBlocks} does: sums in double precision over each sequence's own steps, rounded to float32.
 *
 * @returns float32 [batch, the sum of the blocks' pooledSize]
 */
export function addPooledBlocks(input: FeatureInput, blocks: readonly PooledBlock[]): string {
  const { graph, features, values } = input;
  const { concat, reshape, splitSizes } = arithmeticOf(graph);
  const sizes = blocks.map(({ dimension }) => dimension);
  const split = (value: string): string[] =>
    blocks.length === 1 ? [value] : splitSizes(value, 2, sizes);
  const [own, given] = [split(values), split(features)];
  const known = new Map<number, Parts>();
  const partsInto = (parts: number): Parts => {
    const found = known.get(parts) ?? addParts(input, parts);
    known.set(parts, found);
    return found;
  };
  const pooled = blocks.flatMap(({ dimension, pools }, index) =>
    pools.map((pool) => {
      const block = { values: own[index]!, features: given[index]! };
      const value = addPool(input, block, pool, partsInto);
      const rounded = graph.node("Cast", [value], { to: { i: elementTypeNumbers.float32 } });
      return reshape(rounded, [0, partsOf[pool] * dimension]);
    }),
  );
  return concat(pooled, 1);
}

/** Borders as in {@link poolBlocks}: of a sequence shorter than its parts, a step is in several of them. */
function addParts({ graph, steps, times }: FeatureInput, parts: number): Parts {
  const { add, subtract, times: multiply, divide, unsqueeze, integers } = arithmeticOf(graph);
  const borders = (first: number): string => {
    const indices = integers(...Array.from({ length: parts }, (_, part) => first + part));
    // Whole numbers, so that the quotient is rounded down.
    return addDouble(graph, divide(multiply(steps, indices), integers(parts)));
  };
  const [starts, next] = [borders(0), borders(1)];
  const ends = add(next, addIsLess(graph, next, add(starts, graph.constant(float64([1], [])))));
  const isBefore = (border: string): string =>
    addIsLess(graph, addDouble(graph, times), unsqueeze(border, 2));
  return {
    mask: subtract(isBefore(ends), isBefore(starts)),
    counts: unsqueeze(subtract(ends, starts), 2),
  };
}

/** Pools a block: [batch, parts, dimension], float64 or, of `max`, float32. */
function addPool(
  { graph, isOwn }: FeatureInput,
  { values, features }: Block,
  pool: Pool,
  partsInto: (parts: number) => Parts,
): string {
  const { add, subtract, times, divide, matMul, sum } = arithmeticOf(graph);
  if (pool === "max") {
    const least = graph.constant(float32([Number.NEGATIVE_INFINITY], []));
    const own = isOwn ? graph.node("Where", [isOwn, features, least]) : features;
    return graph.node("ReduceMax", [own, graph.constant(int64([1]))], { keepdims: { i: 1 } });
  }
  const { mask, counts } = partsInto(partsOf[pool]);
  const absolute = (value: string): string => graph.node("Abs", [value]);
  const root = (value: string): string => graph.node("Sqrt", [value]);
  if (pool === "power" || pool === "power-halves") {
    const sums = matMul(mask, times(values, absolute(values)));
    const length = root(sum(absolute(sums), 2, true));
    const least = graph.constant(float64([smallestRoot], []));
    // 1 for 0, by which 0 is divided then.
    const divisor = (value: string): string => add(value, addIsLess(graph, value, least));
    // v / √|v| is the signed root of v.
    return divide(divide(sums, divisor(root(absolute(sums)))), divisor(length));
  }
  const mean = divide(matMul(mask, values), counts);
  if (pool !== "deviation") return mean;
  const centred = subtract(values, mean);
  return root(divide(matMul(mask, times(centred, centred)), counts));
}
