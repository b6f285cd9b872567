import {
  floatsOf,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  tensorMessage,
} from "../../onnx/read-model.js";
import { float32 } from "../../onnx/tensor.js";

/** ONNX's epsilon where a BatchNormalization names none. */
const defaultEpsilon = 1e-5;

/**
 * Moves every BatchNormalization that follows a convolution into the convolution's kernel and bias, so that the
 * two become one step. Constants keep their names where they can; a kernel that two convolutions share gets a
 * copy.
 */
export function foldBatchNormalisation(model: ModelMessage): ModelMessage {
  const { node: nodes, initializer, output } = model.graph;
  const constants = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ input }) => input), ...output.map((one) => one.name)]) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const made = new Map(nodes.map((node) => [node.output[0] ?? "", node]));
  const folded = new Map<NodeMessage, NodeMessage>();
  const gone = new Set<NodeMessage>();
  const added: TensorMessage[] = [];
  for (const node of nodes) {
    if (node.opType !== "BatchNormalization" || node.domain || node.output.length !== 1) continue;
    const convolution = made.get(node.input[0] ?? "");
    if (convolution?.opType !== "Conv" || uses.get(node.input[0]!) !== 1) continue;
    const constantsOfBoth = foldedConstants(convolution, node, constants);
    if (!constantsOfBoth) continue;
    added.push(...constantsOfBoth);
    const [kernel, bias] = constantsOfBoth.map(({ name }) => name);
    gone.add(node);
    folded.set(convolution, {
      ...convolution,
      input: [convolution.input[0]!, kernel!, bias!],
      output: node.output,
    });
  }
  if (gone.size === 0) return model;
  const node = nodes.filter((one) => !gone.has(one)).map((one) => folded.get(one) ?? one);
  return { ...model, graph: { ...model.graph, node, initializer: [...initializer, ...added] } };
}

/** Kernel and bias of both steps in one; undefined where their constants are not what they should be. */
function foldedConstants(
  convolution: NodeMessage,
  normalisation: NodeMessage,
  constants: ReadonlyMap<string, TensorMessage>,
): [TensorMessage, TensorMessage] | undefined {
  const [, kernelName = "", biasName = ""] = convolution.input;
  const numbers = (name: string): Float32Array | undefined => floatsOf(constants.get(name));
  const shape = constants.get(kernelName)?.dims;
  const kernel = numbers(kernelName);
  const [scale, shift, mean, variance] = normalisation.input.slice(1).map(numbers);
  const channels = shape?.[0] ?? 0;
  const bias = biasName ? numbers(biasName) : new Float32Array(channels);
  const vectors = [scale, shift, mean, variance, bias];
  if (!shape || !kernel || vectors.some((vector) => vector?.length !== channels)) return undefined;
  const epsilon =
    normalisation.attribute.find(({ name }) => name === "epsilon")?.f ?? defaultEpsilon;
  const factors = variance!.map((value, o) => scale![o]! / Math.sqrt(value + epsilon));
  const size = kernel.length / channels;
  const name = normalisation.output[0]!;
  return [
    tensorMessage(
      `${name}:folded-kernel`,
      float32(
        kernel.map((weight, i) => weight * factors[Math.floor(i / size)]!),
        shape,
      ),
    ),
    tensorMessage(
      `${name}:folded-bias`,
      float32(
        bias!.map((value, o) => (value - mean![o]!) * factors[o]! + shift![o]!),
        [channels],
      ),
    ),
  ];
}
