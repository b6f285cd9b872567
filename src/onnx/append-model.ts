import { unusedPrefix } from "./cut-graph.js";
import { renameValues } from "./join-models.js";
import { takeModelApart } from "./model-parts.js";
import { inOpset } from "./older-opset.js";
import { GraphParts, ModelParts } from "./onnx-schema.js";
import { type ModelMessage, writeModel } from "./read-model.js";

/**
 * Sets a model that was written here behind any other one, whose output has the name of its input. The first
 * one's parts are kept as they are, byte by byte; the second one is said in the first one's operator set, under
 * names that the first one does not use.
 *
 * @param file an ONNX model
 * @param name of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID where the file is no ONNX model; ERR_USAGE where the second model cannot
 * be said in its operator set.
 */
export function appendModel(
  file: Uint8Array,
  name: string,
  appendix: ModelMessage,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const first = takeModelApart(file, name);
  const front = graphOf(file);
  const second = inOpset(appendix, first.opsets.get("") ?? 0);
  const outputs = second.graph.output.map((output) => output.name);
  const kept = new Map([...first.outputs, ...outputs].map((value) => [value, value]));
  const graph = renameValues(second.graph, unusedPrefix(first, "labels"), kept);
  const back = graphOf(writeModel({ ...second, graph }));
  return ModelParts.encode({
    irVersion: first.irVersion,
    producerName: "muybridge",
    graph: GraphParts.encode({
      name: "muybridge",
      node: [...front.node, ...back.node],
      initializer: [...front.initializer, ...back.initializer],
      sparseInitializer: front.sparseInitializer,
      input: front.input,
      output: back.output,
    }).finish(),
    opsetImport: [...first.opsets].map(([domain, version]) => ({ domain, version })),
    functions: first.functions,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  }).finish();
}

/** The parts of a graph, each as it is in the file. */
export type GraphBytes = Readonly<
  Record<"node" | "initializer" | "sparseInitializer" | "input" | "output", Uint8Array[]>
>;

function graphOf(file: Uint8Array): GraphBytes {
  const { graph } = ModelParts.decode(file) as unknown as { graph: Uint8Array };
  return GraphParts.decode(graph) as unknown as GraphBytes;
}
