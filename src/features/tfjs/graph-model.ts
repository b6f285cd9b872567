import type { io } from "@tensorflow/tfjs-core";

/**
 * Builds TensorFlow.js graph models: a TensorFlow GraphDef as JSON, and its weights. Node names are the names of
 * the values, as in TensorFlow.
 * https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
 */
export interface GraphModelBuilder {
  /** Adds the input; an axis of -1 is of any length. */
  input(name: string, shape: readonly number[]): string;
  /** Adds a constant of float32 or int32 numbers. */
  constant(name: string, shape: readonly number[], data: Float32Array | Int32Array): string;
  /** Adds an operation. */
  node(
    op: string,
    name: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, GraphAttribute>>,
  ): string;
  /** What `loadGraphModel` takes, with one output. */
  artifacts(output: string): io.ModelArtifacts;
}

/** An attribute of a node, as GraphDef's JSON has it; texts are in base64. */
export type GraphAttribute =
  | { readonly type: "DT_FLOAT" | "DT_INT32" }
  | { readonly b: boolean }
  | { readonly i: number }
  | { readonly s: string }
  | { readonly list: { readonly i: readonly number[] } | { readonly s: readonly string[] } }
  | { readonly shape: { readonly dim: readonly { readonly size: number }[] } };

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, GraphAttribute>>;
}

/**
 * Whether a node can bear a name: ":" and "^" have a meaning there, and TensorFlow.js keeps nodes as fields of
 * plain objects, which have some fields by nature.
 */
export function isNodeName(name: string): boolean {
  return name !== "" && !/[:^]/.test(name) && !(name in {});
}

/** A text as an attribute holds it. */
export function textAttribute(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Starts a graph model. */
export function buildGraphModel(): GraphModelBuilder {
  const nodes: GraphNode[] = [];
  const specs: io.WeightsManifestEntry[] = [];
  const weights: (Float32Array | Int32Array)[] = [];
  let input: { readonly name: string; readonly shape: readonly number[] } | undefined;
  const dim = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size })) });
  const add = (node: GraphNode): string => {
    nodes.push(node);
    return node.name;
  };
  return {
    input(name, shape) {
      input = { name, shape };
      const attr = { dtype: { type: "DT_FLOAT" }, shape: { shape: dim(shape) } } as const;
      return add({ name, op: "Placeholder", input: [], attr });
    },
    constant(name, shape, data) {
      const [type, dtype] =
        data instanceof Float32Array
          ? (["DT_FLOAT", "float32"] as const)
          : (["DT_INT32", "int32"] as const);
      specs.push({ name, shape: [...shape], dtype });
      weights.push(data);
      return add({ name, op: "Const", input: [], attr: { dtype: { type } } });
    },
    node: (op, name, inputs, attr = {}) => add({ name, op, input: inputs, attr }),
    artifacts(output) {
      const tensor = (name: string, shape: readonly number[] | undefined) => ({
        name: `${name}:0`,
        dtype: "DT_FLOAT",
        ...(shape ? { tensorShape: dim(shape) } : {}),
      });
      return {
        format: "graph-model",
        generatedBy: "muybridge",
        modelTopology: { node: nodes, versions: { producer: 1, minConsumer: 1 } },
        signature: {
          inputs: input ? { [input.name]: tensor(input.name, input.shape) } : {},
          outputs: { [output]: tensor(output, undefined) },
        },
        weightSpecs: specs,
        weightData: concatenate(weights),
      };
    },
  };
}

function concatenate(arrays: readonly (Float32Array | Int32Array)[]): ArrayBuffer {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return bytes.buffer;
}
