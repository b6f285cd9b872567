import type { NetworkShape } from "./network-shape.js";
import { namedShapes, type Parameter } from "./parameters.js";

/**
 * Parameters under PyTorch's names: `weight_ih_l0` [4 · hidden, input], `weight_hh_l0` [4 · hidden, hidden],
 * `bias_ih_l0`, `bias_hh_l0` [4 · hidden], `_reverse` for the backward direction; gates in the order i, f, g, o,
 * which is the documented one under other names. PyTorch's two biases are summed; going back, the second is zero.
 */
export function toTorch(named: Readonly<Record<string, Parameter>>): Record<string, Parameter> {
  const torch: Record<string, Parameter> = {};
  for (const [name, parameter] of Object.entries(named)) {
    const [layer = "", direction, kind] = name.split(".");
    if (layer === "head") {
      if (direction === "kernel") torch["head.weight"] = transpose(parameter);
      else torch["head.bias"] = parameter;
      continue;
    }
    const suffix = suffixOf(layer, direction);
    if (kind === "kernel") torch[`weight_ih_${suffix}`] = transpose(parameter);
    else if (kind === "recurrentKernel") torch[`weight_hh_${suffix}`] = transpose(parameter);
    else {
      torch[`bias_ih_${suffix}`] = parameter;
      torch[`bias_hh_${suffix}`] = {
        shape: parameter.shape,
        data: new Float32Array(parameter.data.length),
      };
    }
  }
  return torch;
}

/** The inverse of {@link toTorch}. What is missing is left out; setting the parameters then names it. */
export function fromTorch(
  shape: NetworkShape,
  torch: Readonly<Record<string, Parameter>>,
): Record<string, Parameter> {
  const named: Record<string, Parameter> = {};
  for (const name of namedShapes(shape).keys()) {
    const [layer = "", direction, kind] = name.split(".");
    const suffix = suffixOf(layer, direction);
    let parameter: Parameter | undefined;
    if (name === "head.kernel") parameter = transposed(torch["head.weight"]);
    else if (name === "head.bias") parameter = torch["head.bias"];
    else if (kind === "kernel") parameter = transposed(torch[`weight_ih_${suffix}`]);
    else if (kind === "recurrentKernel") parameter = transposed(torch[`weight_hh_${suffix}`]);
    else parameter = sum(torch[`bias_ih_${suffix}`], torch[`bias_hh_${suffix}`]);
    if (parameter) named[name] = parameter;
  }
  return named;
}

function suffixOf(layer: string, direction: string | undefined): string {
  return `l${layer.slice("layer".length)}${direction === "backward" ? "_reverse" : ""}`;
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
