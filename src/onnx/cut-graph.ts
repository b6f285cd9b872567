import { MuybridgeError } from "../core/errors.js";
import { encodeGraph, type Graph } from "./graph.js";
import type { OnnxInitialiser, OnnxModel, OnnxNode } from "./model-parts.js";
import {
  GraphParts,
  ModelParts,
  NodeParts,
  SparseTensorHeader,
  TensorHeader,
} from "./onnx-schema.js";

/** The part of a model that some of its values are computed by. */
export interface CutGraph {
  readonly model: OnnxModel;
  /** In the file's order. */
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxInitialiser[];
  /** Names of the model's inputs that are needed. */
  readonly inputs: readonly string[];
}

/** Finds what given values depend on; all else is left out. */
export function cutGraph(model: OnnxModel, values: readonly string[]): CutGraph {
  const makers = new Map<string, OnnxNode>();
  for (const node of model.nodes) {
    for (const output of node.outputs) if (output !== "") makers.set(output, node);
  }
  const needed = new Set<string>();
  const kept = new Set<OnnxNode>();
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (needed.has(value)) continue;
    needed.add(value);
    const maker = makers.get(value);
    if (!maker || kept.has(maker)) continue;
    kept.add(maker);
    for (const input of [...maker.inputs, ...maker.captured]) if (input !== "") open.push(input);
  }
  return {
    model,
    nodes: model.nodes.filter((node) => kept.has(node)),
    initialisers: model.initialisers.filter(({ name }) => needed.has(name)),
    inputs: model.inputs.map(({ name }) => name).filter((name) => needed.has(name)),
  };
}

/** Values that depend on a given one, in the order the file makes them. */
export function dependentValues(model: OnnxModel, value: string): string[] {
  const reached = new Set([value]);
  const values: string[] = [];
  for (const { inputs, captured, outputs } of model.nodes) {
    if (![...inputs, ...captured].some((input) => reached.has(input))) continue;
    for (const output of outputs) {
      if (output === "") continue;
      reached.add(output);
      values.push(output);
    }
  }
  return values;
}

/** A beginning that is like that of no name in the model. */
export function unusedPrefix({ nodes, initialisers, inputs }: OnnxModel, wanted: string): string {
  const names = [
    ...nodes.flatMap((node) => [node.name, ...node.outputs, ...node.captured]),
    ...initialisers.map(({ name }) => name),
    ...inputs.map(({ name }) => name),
  ];
  let prefix = `${wanted}/`;
  while (names.some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  return prefix;
}

/** Oldest version of the file format in which constants need not be inputs as well. */
const oldestIrVersion = 4;

/**
 * Writes a cut graph with graphs set before and after it. Values are joined by their names; the inputs are those
 * of `before`, the outputs those of `after`.
 *
 * @param renamed new names of the model's own values, by the old ones
 * @throws MuybridgeError ERR_MODEL_INVALID where a value to be renamed is used by a graph inside a node.
 */
export function encodeCutGraph(
  { model, nodes, initialisers }: CutGraph,
  before: Graph,
  after: Graph,
  renamed: ReadonlyMap<string, string>,
): Uint8Array {
  const [first, last] = [before, after].map(
    (graph) => GraphParts.decode(encodeGraph(graph)) as unknown as Record<string, Uint8Array[]>,
  ) as [Record<string, Uint8Array[]>, Record<string, Uint8Array[]>];
  const constants = initialisers.map((initialiser) => ({
    ...initialiser,
    bytes: renameInitialiser(initialiser, renamed),
  }));
  const bytesOf = (sparse: boolean): Uint8Array[] =>
    constants.filter((constant) => constant.sparse === sparse).map(({ bytes }) => bytes);
  const graph = GraphParts.encode({
    name: "cut",
    node: [
      ...first.node!.map(withoutName),
      ...nodes.map((node) => renameNodeValues(node, renamed, model.name)),
      ...last.node!.map(withoutName),
    ],
    initializer: [...first.initializer!, ...bytesOf(false), ...last.initializer!],
    sparseInitializer: bytesOf(true),
    input: first.input,
    output: last.output,
  }).finish();
  return ModelParts.encode({
    irVersion: Math.max(model.irVersion, oldestIrVersion),
    producerName: "muybridge",
    graph,
    opsetImport: [...model.opsets].map(([domain, version]) => ({ domain, version })),
    functions: model.functions,
  }).finish();
}

/** A node's name is optional, but must not be that of another node. */
export function withoutName(bytes: Uint8Array): Uint8Array {
  return NodeParts.encode({ ...NodeParts.decode(bytes), name: "" }).finish();
}

/**
 * A node that takes and makes values of other names.
 *
 * @param model its name, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID where a value to be renamed is used by a graph inside the node.
 */
export function renameNodeValues(
  node: OnnxNode,
  renamed: ReadonlyMap<string, string>,
  model: string,
): Uint8Array {
  const { inputs, outputs, captured, bytes } = node;
  const inner = captured.find((value) => renamed.has(value));
  if (inner !== undefined) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `${model} has a value named "${inner}" that a graph inside its ${node.op} uses; give it another name.`,
      { path: model },
    );
  }
  if (![...inputs, ...outputs].some((value) => renamed.has(value))) return bytes;
  const parts = NodeParts.decode(bytes) as unknown as Record<"input" | "output", string[]>;
  const rename = (value: string): string => renamed.get(value) ?? value;
  return NodeParts.encode({
    ...parts,
    input: parts.input.map(rename),
    output: parts.output.map(rename),
  }).finish();
}

function renameInitialiser(
  { name, sparse, bytes }: OnnxInitialiser,
  renamed: ReadonlyMap<string, string>,
): Uint8Array {
  const fresh = renamed.get(name);
  if (fresh === undefined) return bytes;
  // Of a protobuf field that is there twice, the later one counts, and of a message that is, each of its fields.
  const change = sparse
    ? SparseTensorHeader.encode({ values: { name: fresh } })
    : TensorHeader.encode({ name: fresh });
  return Buffer.concat([bytes, change.finish()]);
}
