import { MuybridgeError } from "../core/errors.js";
import type { Tensor } from "../core/safetensors.js";
import {
  type Cell,
  directionsOf,
  headInputSize,
  layerInputSize,
  type NetworkShape,
  outputSize,
} from "./network-shape.js";

/** A float32 tensor. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A network's parameters as the graphs take them, by name. `G` is gates · hidden, the gates in ONNX's order (LSTM:
 * input, output, forget, cell; GRU: update, reset, candidate). A kernel has a row for each gate of each unit. Where both
 * directions share a parameter, the forward one comes first.
 *
 * - `layerL.forwardKernel` [G, input], `layerL.backwardKernel` [G, input] where there are two directions,
 *   `layerL.recurrent` [directions, G, hidden], `layerL.bias` [directions · G], and of a GRU with the reset behind the
 *   product `layerL.recurrentBias` [directions · hidden]
 * - `attention.kernel` [directions · hidden, 1], `attention.bias` [1], where attention pools
 * - `head.kernel` [directions · hidden + contextSize, outputs], `head.bias` [outputs]
 */
export type GraphParameters = Record<string, Parameter>;

/** Of each cell, where its gates in the documented order (that of Keras and MATLAB) stand in ONNX's order. */
const gatePositions: Readonly<Record<Cell, readonly number[]>> = {
  rnn: [0],
  lstm: [0, 2, 3, 1],
  gru: [0, 1, 2],
};

/** Gates of a cell. */
export function gatesOf({ cell }: Pick<NetworkShape, "cell">): number {
  return gatePositions[cell].length;
}

/** Whether the cell has a bias within its reset gate. */
export function hasRecurrentBias({ cell, resetAfter }: NetworkShape): boolean {
  return cell === "gru" && resetAfter;
}

/** What follows the layer in the names of its kernels, of each direction. */
export function kernelKinds({ bidirectional }: Pick<NetworkShape, "bidirectional">): string[] {
  return bidirectional ? ["forwardKernel", "backwardKernel"] : ["forwardKernel"];
}

/** Names and shapes of {@link GraphParameters}, in a fixed order. */
export function parameterShapes(shape: NetworkShape): Map<string, readonly number[]> {
  const directions = directionsOf(shape);
  const width = gatesOf(shape) * shape.hidden;
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const kind of kernelKinds(shape)) {
      shapes.set(`layer${layer}.${kind}`, [width, layerInputSize(shape, layer)]);
    }
    shapes.set(`layer${layer}.recurrent`, [directions, width, shape.hidden]);
    shapes.set(`layer${layer}.bias`, [directions * width]);
    if (hasRecurrentBias(shape)) {
      shapes.set(`layer${layer}.recurrentBias`, [directions * shape.hidden]);
    }
  }
  addTopShapes(shape, shapes);
  return shapes;
}

/** Documented names and shapes (docs/weights.md), in a fixed order. */
export function namedShapes(shape: NetworkShape): Map<string, readonly number[]> {
  const width = gatesOf(shape) * shape.hidden;
  const shapes = new Map<string, readonly number[]>();
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const direction of shape.bidirectional ? ["forward", "backward"] : ["forward"]) {
      const prefix = `layer${layer}.${direction}`;
      shapes.set(`${prefix}.kernel`, [layerInputSize(shape, layer), width]);
      shapes.set(`${prefix}.recurrentKernel`, [shape.hidden, width]);
      shapes.set(`${prefix}.bias`, [width]);
      if (hasRecurrentBias(shape)) shapes.set(`${prefix}.recurrentBias`, [shape.hidden]);
    }
  }
  addTopShapes(shape, shapes);
  return shapes;
}

function addTopShapes(shape: NetworkShape, shapes: Map<string, readonly number[]>): void {
  if (!shape.head) return;
  if (shape.pooling === "attention") {
    shapes.set("attention.kernel", [directionsOf(shape) * shape.hidden, 1]);
    shapes.set("attention.bias", [1]);
  }
  shapes.set("head.kernel", [headInputSize(shape), outputSize(shape)]);
  shapes.set("head.bias", [outputSize(shape)]);
}

/** Number of values of all parameters. */
export function parameterCount(shape: NetworkShape): number {
  const sizes = [...parameterShapes(shape).values()];
  return sizes.reduce((sum, dims) => sum + dims.reduce((a, b) => a * b, 1), 0);
}

/**
 * The parameters under their documented names (docs/weights.md), LSTM's gates in the order input, forget, cell,
 * output, GRU's update, reset, candidate: `layer0.forward.kernel` [input, G], `layer0.forward.recurrentKernel`
 * [hidden, G], `layer0.forward.bias` [G], the same for `backward`, `head.kernel`, `head.bias`.
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
  // Before anything is made of a size that may come from a file.
  const given = [...namedShapes(shape)].map(([name, dims]) => {
    const tensor = Object.hasOwn(named, name) ? named[name] : undefined;
    if (tensor?.data instanceof Float32Array && tensor.shape.join() === dims.join()) {
      return [name, tensor.data] as const;
    }
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The network needs a float32 parameter "${name}" of shape [${dims.join(", ")}].`,
      { parameter: name },
    );
  });
  const parameters: GraphParameters = {};
  for (const [name, dims] of parameterShapes(shape)) {
    parameters[name] = { shape: dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) };
  }
  for (const [name, data] of given) {
    const copy = copier(shape, name, parameters);
    for (let i = 0; i < data.length; i++) copy.source[copy.indexOf(i)] = data[i]!;
  }
  return parameters;
}

/** Where the elements of a documented parameter lie among the graph's. */
function copier(
  shape: NetworkShape,
  name: string,
  parameters: GraphParameters,
): { source: Float32Array; indexOf: (index: number) => number } {
  const [layer = "", direction = "", kind = ""] = name.split(".");
  if (!layer.startsWith("layer")) {
    return { source: parameters[name]!.data, indexOf: (index) => index };
  }
  const { hidden } = shape;
  const width = gatesOf(shape) * hidden;
  const side = direction === "backward" ? 1 : 0;
  const positions = gatePositions[shape.cell];
  const place = (column: number): number =>
    positions[Math.floor(column / hidden)]! * hidden + (column % hidden);
  const valuesOf = (own: string): Float32Array => parameters[`${layer}.${own}`]!.data;
  switch (kind) {
    case "kernel":
    case "recurrentKernel": {
      const own = kind === "kernel";
      const source = valuesOf(own ? `${direction}Kernel` : "recurrent");
      const columns = own ? source.length / width : hidden;
      const start = own ? 0 : side * width * hidden;
      // Transposed: [columns, width] here, [width, columns] in the graph.
      return {
        source,
        indexOf: (i) => start + place(i % width) * columns + Math.floor(i / width),
      };
    }
    case "bias":
      return { source: valuesOf(kind), indexOf: (i) => side * width + place(i) };
    default:
      return { source: valuesOf(kind), indexOf: (i) => side * hidden + i };
  }
}
