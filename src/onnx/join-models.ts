import type {
  GraphMessage,
  ModelMessage,
  NodeMessage,
  TensorMessage,
  ValueMessage,
} from "./read-model.js";

/**
 * Joins two models that were written here, in the same operator set, into one: the second takes values of the
 * first. Inputs of the second that are not joined become inputs of the whole; where both have one of the same name,
 * it is the same.
 *
 * @param joints values of the first, by the names of the second's inputs
 * @param prefix goes before all other names of the second but those of its inputs and outputs; no name of the
 * first begins with it
 */
export function joinModels(
  first: ModelMessage,
  second: ModelMessage,
  joints: ReadonlyMap<string, string>,
  prefix: string,
): ModelMessage {
  const kept = new Map(
    [...second.graph.input, ...second.graph.output].map(({ name }) => [name, name]),
  );
  const back = renameValues(second.graph, prefix, new Map([...kept, ...joints]));
  const before = new Set([...first.graph.input.map(({ name }) => name), ...joints.values()]);
  return {
    ...first,
    graph: {
      ...first.graph,
      node: [...first.graph.node, ...back.node],
      initializer: [...first.graph.initializer, ...back.initializer],
      input: [...first.graph.input, ...back.input.filter(({ name }) => !before.has(name))],
      output: back.output,
    },
  };
}

/**
 * Gives all values of a graph, and of the graphs inside it, other names.
 *
 * @param given the new names of some; the others get the prefix
 */
export function renameValues(
  graph: GraphMessage,
  prefix: string,
  given: ReadonlyMap<string, string>,
): GraphMessage {
  const rename = (name: string): string =>
    name === "" ? "" : (given.get(name) ?? `${prefix}${name}`);
  const named = <T extends ValueMessage | TensorMessage>(one: T): T => ({
    ...one,
    name: rename(one.name),
  });
  const node = ({ name: _, ...one }: NodeMessage): NodeMessage => ({
    // A node's name is optional, but must not be that of another node.
    ...one,
    input: one.input.map(rename),
    output: one.output.map(rename),
    attribute: one.attribute.map((attribute) =>
      attribute.g ? { ...attribute, g: renameValues(attribute.g, prefix, given) } : attribute,
    ),
  });
  return {
    ...graph,
    node: graph.node.map(node),
    initializer: graph.initializer.map(named),
    input: graph.input.map(named),
    output: graph.output.map(named),
  };
}
