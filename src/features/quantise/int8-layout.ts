import { MuybridgeError } from "../../core/errors.js";
import {
  type AttributeMessage,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  tensorMessage,
} from "../../onnx/read-model.js";
import { float32, type OnnxTensor, uint8 } from "../../onnx/tensor.js";
import type { ActivationRanges } from "../cnn-choice.js";
import type { QuantisableNetwork } from "./quantisable-steps.js";

/** How a value is stored: as round(value / scale) + zero, in 0..255. */
export interface Storage {
  readonly scale: number;
  readonly zero: number;
  /** Names of both as constants. */
  readonly names: readonly [scale: string, zero: string];
}

/** A network while it is laid out in int8. */
export interface Layout {
  readonly quantisable: QuantisableNetwork;
  readonly inputSize: number;
  /** The domain whose QuantizeLinear and DequantizeLinear are used. */
  readonly roundingDomain: string;
  readonly nodes: NodeMessage[];
  readonly initializer: TensorMessage[];
  /** How each value that is stored in int8 is, by its name. */
  readonly storages: Map<string, Storage>;
  /** @throws MuybridgeError ERR_USAGE where the range of a value is not known. */
  readonly rangeOf: (value: string) => readonly [number, number];
}

/** Oldest ONNX operator set in which a scale for every channel can be told; before it, onnxruntime's own nodes do. */
const perChannelOpset = 13;

/** The domain of onnxruntime's own nodes. */
const ownDomain = "com.microsoft";

/** The nodes that store a value in int8 and read it back. */
const rounding = new Set(["QuantizeLinear", "DequantizeLinear"]);

/** Largest end of a range that is believed; float32 goes to 3e38. */
const largestValue = 1e30;

/**
 * Starts a layout.
 *
 * @param name of the network, for errors
 */
export function openLayout(
  quantisable: QuantisableNetwork,
  inputSize: number,
  ranges: ActivationRanges,
  name: string,
): Layout {
  const opset = quantisable.model.opsetImport.find(({ domain }) => !domain)?.version ?? 1;
  return {
    quantisable,
    inputSize,
    roundingDomain: opset < perChannelOpset ? ownDomain : "",
    nodes: [],
    initializer: [],
    storages: new Map(),
    rangeOf(value) {
      const range = Object.hasOwn(ranges, value) ? ranges[value] : undefined;
      if (range?.every((end) => Math.abs(end) <= largestValue)) return range;
      throw new MuybridgeError(
        "ERR_USAGE",
        `The ranges for int8 do not know the value "${value}" of ${name}: they were measured on another network. Measure them again, on frames of this one.`,
        { path: name, parameter: "ranges" },
      );
    },
  };
}

/** Adds a constant and returns its name. */
export function addConstant({ initializer }: Layout, name: string, tensor: OnnxTensor): string {
  initializer.push(tensorMessage(name, tensor));
  return name;
}

/** Adds a node of one output and returns that output's name. */
export function addNode(
  { nodes, roundingDomain }: Layout,
  opType: string,
  input: readonly string[],
  output: string,
  attribute: readonly AttributeMessage[] = [],
): string {
  const domain = rounding.has(opType) ? roundingDomain : "";
  nodes.push({ opType, domain, name: output, input, output: [output], attribute });
  return output;
}

/** The name under which a value can be read as float. */
export function readable({ storages }: Layout, value: string): string {
  return storages.has(value) ? `${value}:read` : value;
}

/** Stores a value in int8, and reads it back for those that take it. */
export function store(layout: Layout, computed: string, value: string, storage: Storage): void {
  const stored = `${value}:stored`;
  addNode(layout, "QuantizeLinear", [computed, ...storage.names], stored);
  addNode(layout, "DequantizeLinear", [stored, ...storage.names], `${value}:read`);
  layout.storages.set(value, storage);
}

/** Spreads the 256 steps over a value's range, within an activation's bounds; 0 is always a step of its own. */
export function storageOf(
  layout: Layout,
  value: string,
  bounds?: readonly [number, number],
): Storage {
  const [least, greatest] = layout.rangeOf(value);
  const low = Math.min(0, bounds ? Math.max(least, bounds[0]) : least);
  const high = Math.max(0, bounds ? Math.min(greatest, bounds[1]) : greatest);
  // A value that is always 0 still needs a scale.
  const scale = Math.fround((high - low) / 255) || 1;
  return addStorage(layout, value, { scale, zero: Math.min(255, Math.round(-low / scale)) });
}

/** Adds a scale and a zero as constants. */
export function addStorage(
  layout: Layout,
  name: string,
  { scale, zero }: Pick<Storage, "scale" | "zero">,
): Storage {
  return {
    scale,
    zero,
    names: [
      addConstant(layout, `${name}:scale`, float32([scale], [])),
      addConstant(layout, `${name}:zero`, uint8(Uint8Array.of(zero), [])),
    ],
  };
}

/** The model with the new nodes, without those and the constants that nothing needs any more. */
export function withoutUnused(
  model: ModelMessage,
  { nodes, initializer, roundingDomain }: Layout,
): ModelMessage {
  const needed = new Set(model.graph.output.map(({ name }) => name));
  const node: NodeMessage[] = [];
  for (const one of nodes.toReversed()) {
    if (!one.output.some((value) => needed.has(value))) continue;
    for (const input of one.input) needed.add(input);
    node.unshift(one);
  }
  const constants = [...model.graph.initializer, ...initializer].filter(({ name }) =>
    needed.has(name),
  );
  const opsetImport =
    roundingDomain && model.opsetImport.every(({ domain }) => domain !== roundingDomain)
      ? [...model.opsetImport, { domain: roundingDomain, version: 1 }]
      : model.opsetImport;
  return { ...model, opsetImport, graph: { ...model.graph, node, initializer: constants } };
}
