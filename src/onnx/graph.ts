/**
 * ONNX: a small typed graph builder, and sessions that run what it builds.
 */
import { MuybridgeError } from "../core/errors.js";
import { GraphProto, ModelProto } from "./onnx-schema.js";
import { type ElementType, elementTypeNumbers, type OnnxTensor } from "./tensor.js";

/** A node's attribute; the letters are ONNX's own field names. */
export type Attribute =
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly t: OnnxTensor }
  | { readonly g: Graph };

/** A length of an axis: a number where it is fixed, a name where it is not. */
export type Dimension = number | string;

/** A graph under construction. Values are known by their names. */
export interface Graph {
  readonly name: string;
  /** Declares an input and returns its name. */
  input(name: string, type: ElementType, dims: readonly Dimension[]): string;
  /** Adds a constant and returns its name. A name already taken gets a number behind it. */
  constant(tensor: OnnxTensor, name?: string): string;
  /** Adds a node of one output and returns that output's name. An input named "" is one left out. */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    name?: string,
  ): string;
  /** Adds a node of several outputs and returns their names. An output named "" is one left out. */
  nodes(
    op: string,
    inputs: readonly string[],
    outputs: number | readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): string[];
  /** Declares a value an output; under another name where one is given. */
  output(value: string, type: ElementType, dims: readonly Dimension[], name?: string): void;
  /** Declares a value an output whose type and shape onnxruntime finds out. */
  outputOfAnyType(value: string): void;
}

interface AttributeContent {
  readonly name: string;
  readonly type: number;
  readonly g?: GraphContent;
}

interface NodeContent {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeContent[];
}

interface ValueContent extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly type?: object;
}

interface GraphContent {
  readonly name: string;
  readonly node: NodeContent[];
  readonly initializer: ValueContent[];
  readonly input: object[];
  readonly output: ValueContent[];
}

const contents = new WeakMap<Graph, GraphContent>();

/** ONNX's numbers for the kinds of attributes (AttributeProto.AttributeType). */
export const attributeKinds = {
  f: 1,
  i: 2,
  s: 3,
  t: 4,
  g: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** ONNX operator set the graphs are written in; the newest that onnxruntime 1.16 and later knows whole. */
export const opset = 18;

/** Version of ONNX's file format that goes with {@link opset}. */
const irVersion = 8;

/**
 * Starts a graph.
 *
 * @param prefix goes before every name that the graph makes up. Names of a subgraph (a Scan body) must not be
 * those of the graph around it, so give each its own.
 */
export function createGraph(name: string, prefix = ""): Graph {
  const content: GraphContent = { name, node: [], initializer: [], input: [], output: [] };
  const taken = new Set<string>();
  /** The last number behind each name: to look for it from 1 on would take ever longer. */
  const numbers = new Map<string, number>();
  const unused = (wanted: string): string => {
    let candidate = prefix + wanted;
    let number = numbers.get(wanted) ?? 0;
    while (taken.has(candidate)) candidate = `${prefix}${wanted}_${++number}`;
    numbers.set(wanted, number);
    taken.add(candidate);
    return candidate;
  };
  const add = (
    op: string,
    input: readonly string[],
    output: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void => {
    content.node.push({
      opType: op,
      name: output.find((value) => value !== "") ?? "",
      input,
      output,
      attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
    });
  };
  const graph: Graph = {
    name,
    input(inputName, type, dims) {
      taken.add(inputName);
      content.input.push(valueInfo(inputName, type, dims));
      return inputName;
    },
    constant(tensor, constantName = "constant") {
      const chosen = unused(constantName);
      content.initializer.push(tensorProto(tensor, chosen));
      return chosen;
    },
    node(op, inputs, attributes, outputName = op) {
      const chosen = unused(outputName);
      add(op, inputs, [chosen], attributes);
      return chosen;
    },
    nodes(op, inputs, outputs, attributes) {
      const wanted = typeof outputs === "number" ? Array<string>(outputs).fill(op) : outputs;
      const chosen = wanted.map((value) => (value === "" ? "" : unused(value)));
      add(op, inputs, chosen, attributes);
      return chosen;
    },
    output(value, type, dims, outputName = value) {
      if (outputName !== value) {
        taken.add(outputName);
        add("Identity", [value], [outputName]);
      }
      content.output.push(valueInfo(outputName, type, dims));
    },
    outputOfAnyType(value) {
      content.output.push({ name: value });
    },
  };
  contents.set(graph, content);
  return graph;
}

/** Writes a graph as an ONNX model file, without the nodes that no output needs. */
export function encodeModel(
  graph: Graph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return ModelProto.encode(
    ModelProto.create({
      irVersion,
      producerName: "muybridge",
      graph: withoutUnused(contentOf(graph)),
      opsetImport: [{ domain: "", version: opset }],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }),
  ).finish();
}

/** Writes a graph alone, as the part of a model file that it is. */
export function encodeGraph(graph: Graph): Uint8Array {
  return GraphProto.encode(GraphProto.create(contentOf(graph))).finish();
}

function contentOf(graph: Graph): GraphContent {
  const content = contents.get(graph);
  if (!content) {
    throw new MuybridgeError("ERR_USAGE", "A graph must come from createGraph().", {
      parameter: "graph",
    });
  }
  return content;
}

/**
 * The graph without nodes of which no result is used, which onnxruntime would compute, and without the constants that
 * none takes, of which it would complain.
 */
function withoutUnused(content: GraphContent): GraphContent {
  const used = new Set(content.output.map(({ name }) => name));
  // From the end, since every node stands behind those whose results it takes.
  const node = [...content.node].reverse().filter((candidate) => {
    const isUsed = candidate.output.some((name) => used.has(name));
    if (isUsed) for (const name of namesRead(candidate)) used.add(name);
    return isUsed;
  });
  const initializer = content.initializer.filter(({ name }) => used.has(name));
  return { ...content, node: node.reverse(), initializer };
}

/** Names of all values that a node reads, those read inside its subgraphs among them. */
function namesRead({ input, attribute }: NodeContent): string[] {
  const inside = attribute.flatMap(({ g }) => g?.node.flatMap(namesRead) ?? []);
  return [...input, ...inside];
}

function attributeProto(name: string, attribute: Attribute): AttributeContent {
  const [kind, value] = Object.entries(attribute)[0] as [keyof typeof attributeKinds, unknown];
  return { name, type: attributeKinds[kind], [kind]: attributeValue(attribute, value) };
}

function attributeValue(attribute: Attribute, value: unknown): unknown {
  if ("s" in attribute) return Buffer.from(attribute.s);
  if ("strings" in attribute) return attribute.strings.map((text) => Buffer.from(text));
  if ("t" in attribute) return tensorProto(attribute.t, "");
  if ("g" in attribute) return contentOf(attribute.g);
  return value;
}

function tensorProto(tensor: OnnxTensor, name: string): ValueContent {
  const { data } = tensor;
  return {
    name,
    dims: tensor.dims,
    dataType: elementTypeNumbers[tensor.type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): ValueContent {
  const dim = dims.map((length) =>
    typeof length === "number" ? { dimValue: length } : { dimParam: length },
  );
  return { name, type: { tensorType: { elemType: elementTypeNumbers[type], shape: { dim } } } };
}
