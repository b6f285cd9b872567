import type { NetworkShape } from "./network-shape.js";
import { hasRecurrentBias, namedShapes, type Parameter } from "./parameters.js";

/**
 * Parameters under PyTorch's names: `weight_ih_l0` [gates · hidden, input], `weight_hh_l0` [gates · hidden, hidden],
 * `bias_ih_l0`, `bias_hh_l0` [gates · hidden], `_reverse` for the backward direction.
 *
 * LSTM's gates lie in the order i, f, g, o, which is the documented one under other names; GRU's in the order r, z, n,
 * of which the first two change places. PyTorch's two biases are summed, but for the part of GRU's candidate, where the
 * second is `recurrentBias`; going back, the rest of the second is zero.
 *
 * @throws RangeError for a GRU with the reset before the product, which PyTorch does not have
 */
export function toTorch(
  shape: NetworkShape,
  named: Readonly<Record<string, Parameter>>,
): Record<string, Parameter> {
  checkCell(shape);
  const torch: Record<string, Parameter> = {};
  for (const [name, parameter] of Object.entries(named)) {
    const [layer = "", direction, kind] = name.split(".");
    if (!layer.startsWith("layer")) {
      const key = direction === "kernel" ? `${layer}.weight` : name;
      torch[key] = direction === "kernel" ? transpose(parameter) : parameter;
      continue;
    }
    const suffix = suffixOf(layer, direction);
    if (kind === "kernel") torch[`weight_ih_${suffix}`] = reorder(shape, transpose(parameter));
    else if (kind === "recurrentKernel") {
      torch[`weight_hh_${suffix}`] = reorder(shape, transpose(parameter));
    } else if (kind === "bias") {
      torch[`bias_ih_${suffix}`] = reorder(shape, parameter);
      const second = new Float32Array(parameter.data.length);
      const inner = named[`${layer}.${direction}.recurrentBias`];
      if (inner) second.set(inner.data, 2 * shape.hidden);
      torch[`bias_hh_${suffix}`] = { shape: parameter.shape, data: second };
    }
  }
  return torch;
}

/** The inverse of {@link toTorch}. What is missing is left out; setting the parameters then names it. */
export function fromTorch(
  shape: NetworkShape,
  torch: Readonly<Record<string, Parameter>>,
): Record<string, Parameter> {
  checkCell(shape);
  const named: Record<string, Parameter> = {};
  for (const name of namedShapes(shape).keys()) {
    const [layer = "", direction, kind] = name.split(".");
    const suffix = suffixOf(layer, direction);
    const parameterOf = (): Parameter | undefined => {
      if (!layer.startsWith("layer")) {
        return direction === "kernel" ? transposed(torch[`${layer}.weight`]) : torch[name];
      }
      if (kind === "kernel") return transposed(reordered(shape, torch[`weight_ih_${suffix}`]));
      if (kind === "recurrentKernel") {
        return transposed(reordered(shape, torch[`weight_hh_${suffix}`]));
      }
      const first = reordered(shape, torch[`bias_ih_${suffix}`]);
      const second = reordered(shape, torch[`bias_hh_${suffix}`]);
      if (!hasRecurrentBias(shape)) return sum(first, second);
      const gates = 2 * shape.hidden;
      if (kind === "recurrentBias") {
        return second && { shape: [shape.hidden], data: second.data.slice(gates) };
      }
      return sum(
        first,
        second && { ...second, data: second.data.map((v, i) => (i < gates ? v : 0)) },
      );
    };
    const parameter = parameterOf();
    if (parameter) named[name] = parameter;
  }
  return named;
}

function checkCell({ cell, resetAfter }: NetworkShape): void {
  if (cell !== "gru" || resetAfter) return;
  throw new RangeError("PyTorch has no GRU with the reset before the product (resetAfter: false).");
}

function suffixOf(layer: string, direction: string | undefined): string {
  return `l${layer.slice("layer".length)}${direction === "backward" ? "_reverse" : ""}`;
}

function reordered(shape: NetworkShape, parameter: Parameter | undefined): Parameter | undefined {
  return parameter && reorder(shape, parameter);
}

/** Lets the first two gates of a GRU change places, z, r, n ↔ r, z, n: along the rows of [gates · hidden, …]. */
function reorder({ cell }: NetworkShape, parameter: Parameter): Parameter {
  if (cell !== "gru") return parameter;
  const { shape, data } = parameter;
  const third = data.length / 3;
  const swapped = new Float32Array(data.length);
  swapped.set(data.subarray(third, 2 * third));
  swapped.set(data.subarray(0, third), third);
  swapped.set(data.subarray(2 * third), 2 * third);
  return { shape, data: swapped };
}

function transposed(parameter: Parameter | undefined): Parameter | undefined {
  return parameter && transpose(parameter);
}

function transpose({ shape, data }: Parameter): Parameter {
  const [rows = 0, columns = 0] = shape;
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  }
  return { shape: [columns, rows], data: result };
}

function sum(a: Parameter | undefined, b: Parameter | undefined): Parameter | undefined {
  if (!a || !b) return a ?? b;
  return { shape: a.shape, data: a.data.map((value, index) => value + (b.data[index] ?? 0)) };
}
