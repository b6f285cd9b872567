import { MuybridgeError } from "../core/errors.js";
import type { Random } from "../core/random.js";
import type { Tensor } from "../core/safetensors.js";
import { glorotUniform, orthogonal } from "./initialisers.js";
import { directionsOf, headInputSize, layerInputSize, type NetworkShape } from "./network-shape.js";

/** A float32 tensor. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A network's parameters as the graphs take them, by name. `G` is 4 · hidden, the gates in ONNX's order
 * (input, output, forget, cell); both directions lie side by side, the forward one first.
 *
 * - `layerL.kernel` [input, directions · G], `layerL.recurrent` [directions, hidden, G], `layerL.bias`
 *   [directions · G]
 * - `head.kernel` [directions · hidden + contextSize, classes], `head.bias` [classes]
 */
export type GraphParameters = Record<string, Parameter>;

/** Gates of an LSTM. */
const gates = 4;

/** Where the gates in the order of Keras and MATLAB (input, forget, cell, output) stand in ONNX's order. */
const gatePositions = [0, 2, 3, 1] as const;

/** Names and shapes of {@link GraphParameters}, in a fixed order. */
export function parameterShapes(shape: NetworkShape): Map<string, readonly number[]> {
  const directions = directionsOf(shape);
  const width = gates * shape.hidden;
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < shape.layers; layer++) {
    shapes.set(`layer${layer}.kernel`, [layerInputSize(shape, layer), directions * width]);
    shapes.set(`layer${layer}.recurrent`, [directions, shape.hidden, width]);
    shapes.set(`layer${layer}.bias`, [directions * width]);
  }
  if (shape.classes > 0) {
    shapes.set("head.kernel", [headInputSize(shape), shape.classes]);
    shapes.set("head.bias", [shape.classes]);
  }
  return shapes;
}

/**
 * Fresh parameters, as Keras makes them: kernels Glorot uniform (Glorot & Bengio 2010), recurrent kernels
 * orthogonal (Saxe et al. 2014), biases zero but for the forget gate's, which are one (Jozefowicz et al. 2015).
 */
export function initialParameters(shape: NetworkShape, random: Random): GraphParameters {
  const named: Record<string, Parameter> = {};
  for (const [name, dims] of namedShapes(shape)) {
    const source = random.fork(name);
    const [rows = 1, columns = 1] = dims;
    const data = new Float32Array(rows * columns);
    if (name.endsWith("ecurrentKernel")) orthogonal(data, rows, columns, source);
    else if (name.endsWith("ernel")) glorotUniform(data, rows, columns, source);
    else if (name !== "head.bias") data.fill(1, shape.hidden, 2 * shape.hidden);
    named[name] = { shape: dims, data };
  }
  return fromNamed(shape, named);
}

/**
 * The parameters under their documented names (docs/weights.md), gates in the order input, forget, cell,
 * output: `layer0.forward.kernel` [input, G], `layer0.forward.recurrentKernel` [hidden, G],
 * `layer0.forward.bias` [G], the same for `backward`, `head.kernel`, `head.bias`.
 */
export function toNamed(
  shape: NetworkShape,
  parameters: GraphParameters,
): Record<string, Parameter> {
  const named: Record<string, Parameter> = {};
  for (const [name, dims] of namedShapes(shape)) {
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
    const copy = copier(shape, name, parameters);
    for (let i = 0; i < data.length; i++) data[i] = copy.source[copy.indexOf(i)]!;
    named[name] = { shape: dims, data };
  }
  return named;
}

/**
 * The inverse of {@link toNamed}.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID naming the parameter that is missing or of another shape.
 */
export function fromNamed(
  shape: NetworkShape,
  named: Readonly<Record<string, Tensor>>,
): GraphParameters {
  const parameters: GraphParameters = {};
  for (const [name, dims] of parameterShapes(shape)) {
    parameters[name] = { shape: dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) };
  }
  for (const [name, dims] of namedShapes(shape)) {
    const tensor = named[name];
    if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== dims.join()) {
      throw new MuybridgeError(
        "ERR_MODEL_INVALID",
        `The network needs a float32 parameter "${name}" of shape [${dims.join(", ")}].`,
        { parameter: name },
      );
    }
    const copy = copier(shape, name, parameters);
    for (let i = 0; i < tensor.data.length; i++) copy.source[copy.indexOf(i)] = tensor.data[i]!;
  }
  return parameters;
}

/** Documented names and shapes, in a fixed order. */
export function namedShapes(shape: NetworkShape): Map<string, readonly number[]> {
  const width = gates * shape.hidden;
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const direction of shape.bidirectional ? ["forward", "backward"] : ["forward"]) {
      const prefix = `layer${layer}.${direction}`;
      shapes.set(`${prefix}.kernel`, [layerInputSize(shape, layer), width]);
      shapes.set(`${prefix}.recurrentKernel`, [shape.hidden, width]);
      shapes.set(`${prefix}.bias`, [width]);
    }
  }
  if (shape.classes > 0) {
    shapes.set("head.kernel", [headInputSize(shape), shape.classes]);
    shapes.set("head.bias", [shape.classes]);
  }
  return shapes;
}

/** Where the elements of a documented parameter lie among the graph's. */
function copier(
  shape: NetworkShape,
  name: string,
  parameters: GraphParameters,
): { source: Float32Array; indexOf: (index: number) => number } {
  const [layer = "", direction = "", kind = ""] = name.split(".");
  if (layer === "head") return { source: parameters[name]!.data, indexOf: (index) => index };
  const { hidden } = shape;
  const width = gates * hidden;
  const side = direction === "backward" ? 1 : 0;
  const place = (column: number): number =>
    gatePositions[Math.floor(column / hidden)]! * hidden + (column % hidden);
  if (kind === "recurrentKernel") {
    const source = parameters[`${layer}.recurrent`]!.data;
    const start = side * hidden * width;
    return { source, indexOf: (i) => start + Math.floor(i / width) * width + place(i % width) };
  }
  const source = parameters[`${layer}.${kind}`]!.data;
  const stride = directionsOf(shape) * width;
  return {
    source,
    indexOf: (i) => Math.floor(i / width) * stride + side * width + place(i % width),
  };
}
