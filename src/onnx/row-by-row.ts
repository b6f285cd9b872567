import { MuybridgeError } from "../core/errors.js";
import type { GraphBytes } from "./append-model.js";
import { renameNodeValues, unusedPrefix, withoutName } from "./cut-graph.js";
import { attributeKinds, createGraph, encodeGraph, type Graph } from "./graph.js";
import { takeModelApart } from "./model-parts.js";
import { AttributeParts, GraphParts, ModelParts, NodeParts } from "./onnx-schema.js";
import { type ElementType, int64 } from "./tensor.js";

/** A value of which a model takes, or makes, one row at a time. */
export interface RowValue {
  readonly name: string;
  readonly type: ElementType;
  /** Lengths of a row's axes, without the first one of the value. */
  readonly dims: readonly number[];
}

/** The operator set from which on Scan is what it is now. */
const oldestOpset = 9;

/**
 * Makes a model that takes one row at a time one of any number of rows: its nodes become the body of a loop (ONNX's
 * Scan), byte by byte.
 *
 * @param file an ONNX model whose input and output have 1 as their first length
 * @param name of the file, for errors
 * @throws MuybridgeError ERR_USAGE where the model's operator set has no such loop.
 */
export function rowByRow(
  file: Uint8Array,
  name: string,
  input: RowValue,
  output: RowValue,
): Uint8Array {
  const model = takeModelApart(file, name);
  const version = model.opsets.get("") ?? 0;
  if (version < oldestOpset) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${name} takes one frame at a time, and its operator set ${version} has no loop for several; convert it with onnx.version_converter to 18.`,
      { path: name, parameter: "withCnn" },
    );
  }
  const prefix = unusedPrefix(model, "rows");
  const inner = (value: string): string => `${prefix}${value}`;
  const renamed = new Map([input, output].map((value) => [value.name, inner(value.name)]));
  const before = createGraph("before", inner("before/"));
  const row = before.input(inner("row"), input.type, input.dims);
  const picture = before.node("Reshape", [row, before.constant(int64([1, ...input.dims]))]);
  before.output(picture, input.type, [1, ...input.dims], inner(input.name));
  const after = createGraph("after", inner("after/"));
  const flat = after.constant(int64(output.dims));
  const made = after.node("Reshape", [inner(output.name), flat]);
  after.output(made, output.type, output.dims);
  const [first, last] = [partsOf(before), partsOf(after)];
  const bytesOf = (sparse: boolean): Uint8Array[] =>
    model.initialisers.filter((one) => one.sparse === sparse).map(({ bytes }) => bytes);
  const body = GraphParts.encode({
    name: "row",
    node: [
      ...first.node.map(withoutName),
      ...model.nodes.map((node) => renameNodeValues(node, renamed, name)),
      ...last.node.map(withoutName),
    ],
    initializer: [...first.initializer, ...bytesOf(false), ...last.initializer],
    sparseInitializer: bytesOf(true),
    input: first.input,
    output: last.output,
  }).finish();
  const scan = createGraph("rows");
  scan.input(input.name, input.type, ["n", ...input.dims]);
  scan.output(output.name, output.type, ["n", ...output.dims]);
  const outside = partsOf(scan);
  return ModelParts.encode({
    irVersion: model.irVersion,
    producerName: "muybridge",
    graph: GraphParts.encode({
      name: "rows",
      node: [scanNode(input.name, output.name, body)],
      input: outside.input,
      output: outside.output,
    }).finish(),
    opsetImport: [...model.opsets].map(([domain, number]) => ({ domain, version: number })),
    functions: model.functions,
  }).finish();
}

function scanNode(input: string, output: string, body: Uint8Array): Uint8Array {
  return NodeParts.encode({
    input: [input],
    output: [output],
    opType: "Scan",
    attribute: [
      AttributeParts.encode({ name: "body", type: attributeKinds.g, g: body }).finish(),
      AttributeParts.encode({ name: "num_scan_inputs", type: attributeKinds.i, i: 1 }).finish(),
    ],
  }).finish();
}

function partsOf(graph: Graph): GraphBytes {
  return GraphParts.decode(encodeGraph(graph)) as unknown as GraphBytes;
}
