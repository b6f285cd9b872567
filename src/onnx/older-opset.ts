import { MuybridgeError } from "../core/errors.js";
import {
  integersAttribute,
  integersOf,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
} from "./read-model.js";
import { writtenOut } from "./written-out.js";

/** The operator set from which on each operator takes what it is given here, or can be written out. */
const since: Readonly<Record<string, number>> = {
  Abs: 6,
  Add: 7,
  Cast: 6,
  Concat: 4,
  Div: 7,
  Exp: 6,
  Expand: 8,
  GRU: 7,
  Gather: 1,
  Gemm: 7,
  Identity: 1,
  LSTM: 7,
  Less: 7,
  Log: 6,
  MatMul: 1,
  Mul: 7,
  RNN: 7,
  Range: 7,
  Reshape: 5,
  Shape: 1,
  Sigmoid: 6,
  Softmax: 7,
  Sqrt: 6,
  Sub: 7,
  Tanh: 6,
  Transpose: 1,
  Where: 9,
};

/** The operator set in which the axes of an operator became an input; they were an attribute before. */
const axesAreInput: Readonly<Record<string, number>> = {
  ReduceSum: 13,
  Squeeze: 13,
  Unsqueeze: 13,
  ReduceMax: 18,
  ReduceMean: 18,
};

/**
 * Says in an older operator set what a graph that was written here says in its own, so that it can be joined to a
 * model of that set. Operator sets only grow, so that a newer one needs no change.
 *
 * @throws MuybridgeError ERR_USAGE where the older set cannot say it.
 */
export function inOpset(model: ModelMessage, version: number): ModelMessage {
  const own = model.opsetImport.find(({ domain }) => !domain)?.version ?? version;
  if (own <= version) return model;
  const { graph } = model;
  const constants = new Map(graph.initializer.map((constant) => [constant.name, constant]));
  const node = graph.node.flatMap((one) => olderNode(one, version, constants));
  // onnxruntime complains of axes that are attributes now and still lie about as constants.
  const taken = (nodes: readonly NodeMessage[]): Set<string> =>
    new Set(nodes.flatMap(({ input }) => input));
  const [before, after] = [taken(graph.node), taken(node)];
  const initializer = graph.initializer.filter(({ name }) => after.has(name) || !before.has(name));
  return {
    ...model,
    opsetImport: [{ domain: "", version }],
    graph: { ...graph, node, initializer },
  };
}

function olderNode(
  node: NodeMessage,
  version: number,
  constants: ReadonlyMap<string, TensorMessage>,
): NodeMessage[] {
  const { opType } = node;
  const became = axesAreInput[opType];
  if (became !== undefined) return [version < became ? withAxes(node, constants) : node];
  const older = writtenOut[opType];
  const said = older && version < older.before ? older.write(node, constants) : [node];
  if (!said || version < (since[opType] ?? Number.POSITIVE_INFINITY)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `The CNN is written in ONNX's operator set ${version}, in which the ${opType} of what follows it cannot be said; convert it with onnx.version_converter to 18, or export without the CNN.`,
      { parameter: "withCnn" },
    );
  }
  return [...said];
}

/** A node that reduces along, or adds, axes, which it has as an attribute. */
function withAxes(node: NodeMessage, constants: ReadonlyMap<string, TensorMessage>): NodeMessage {
  const [value = "", axes = ""] = node.input;
  const numbers = integersOf(constants.get(axes));
  return {
    ...node,
    input: [value],
    attribute: [...node.attribute, ...(numbers ? [integersAttribute("axes", numbers)] : [])],
  };
}
