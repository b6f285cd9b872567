import type { io, Tensor } from "@tensorflow/tfjs-core";
import { z } from "zod";
import { messageOf } from "../../core/errors.js";
import { isNodeName } from "./graph-model.js";
import { invalidModelJson } from "./model-json.js";
import type { LayeredNetwork } from "./tapped-network.js";

/** What is checked of a GraphDef before TensorFlow.js sees it. */
const topologySchema = z.object({
  node: z.array(
    z.object({
      name: z.string(),
      op: z.string(),
      input: z.array(z.string()).optional(),
      attr: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

type GraphNode = z.infer<typeof topologySchema>["node"][number];

/** Operations that give no value of the picture. */
const valueless = new Set(["Const", "Placeholder", "NoOp"]);

/**
 * Loads a graph model. Nothing in it is run but TensorFlow's operations; those that branch, loop or print are
 * refused.
 *
 * @param id of the network, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming what is wrong.
 */
export async function openGraph(artifacts: io.ModelArtifacts, id: string): Promise<LayeredNetwork> {
  const nodes = checkTopology(artifacts, id);
  // TensorFlow.js asks for the versions, and some writers leave them out.
  const topology = { versions: {}, ...(artifacts.modelTopology as object) };
  const { loadGraphModel } = await import("@tensorflow/tfjs-converter");
  const load = async () => ({ ...artifacts, modelTopology: topology });
  const model = await loadGraphModel({ load }).catch((error: unknown) => {
    throw invalidModelJson(id, messageOf(error), error);
  });
  const [input] = model.inputs;
  if (!input || model.inputs.length > 1) {
    model.dispose();
    throw invalidModelJson(id, `it has ${model.inputs.length} inputs, not one`);
  }
  const outputs = model.outputs.map(({ name }) => name);
  return {
    inputShape: input.shape?.map((length) => (length > 0 ? length : undefined)),
    takesIntegers: input.dtype === "int32",
    layers: [...nodes.values()].filter(({ op }) => !valueless.has(op)).map(({ name }) => name),
    fromOutput: backwards(nodes, outputs),
    compute(picture, layers) {
      let values: (Tensor | undefined)[];
      try {
        values = [model.execute(picture, [...layers])].flat();
      } catch (error) {
        throw invalidModelJson(id, messageOf(error), error);
      }
      // What depends on itself is left out without a word.
      const lost = layers.find((_, i) => values[i] === undefined);
      if (lost !== undefined) throw invalidModelJson(id, `the node ${lost} cannot be computed`);
      return values as Tensor[];
    },
    dispose: () => model.dispose(),
  };
}

/** The nodes by their names, each input known and each constant with its numbers. */
function checkTopology(artifacts: io.ModelArtifacts, id: string): Map<string, GraphNode> {
  const parsed = topologySchema.safeParse(artifacts.modelTopology);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalidModelJson(id, `modelTopology.${issue.path.join(".")}: ${issue.message}`);
  }
  const nodes = new Map(parsed.data.node.map((node) => [node.name, node]));
  const weights = new Set(artifacts.weightSpecs?.map(({ name }) => name));
  if (nodes.size < parsed.data.node.length) {
    throw invalidModelJson(id, "two of its nodes have the same name");
  }
  for (const { name, op, input = [] } of nodes.values()) {
    if (!isNodeName(name)) throw invalidModelJson(id, `a node cannot be called "${name}"`);
    if (op === "Print") throw invalidModelJson(id, `its node ${name} prints (operation Print)`);
    if (op === "Const" && !weights.has(name)) {
      throw invalidModelJson(id, `the constant ${name} is not among its weights`);
    }
    const missing = input.find((source) => !nodes.has(nodeOf(source)));
    if (missing !== undefined) {
      throw invalidModelJson(id, `the node ${name} takes ${missing}, which is not there`);
    }
  }
  return nodes;
}

/** The node that an input comes from: "^" marks one that is only waited for, ":" the number of its output. */
function nodeOf(input: string): string {
  return input.replace(/^\^/, "").split(":", 1)[0]!;
}

/** Nodes that give a value and that some others depend on, those that are nearest to them first. */
function backwards(nodes: ReadonlyMap<string, GraphNode>, from: readonly string[]): string[] {
  const found = new Set(from);
  for (const name of found) {
    for (const input of nodes.get(name)?.input ?? []) found.add(nodeOf(input));
  }
  return [...found].filter((name) => !valueless.has(nodes.get(name)?.op ?? "NoOp"));
}
