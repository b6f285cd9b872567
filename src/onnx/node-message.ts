/** A node as it is decoded from a file, without what its attributes hold; see the schema. */
export interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly AttributeMessage[];
}

/** An attribute of a node, which may hold graphs: the branches of an If, the bodies of Loop and Scan. */
export interface AttributeMessage {
  readonly name: string;
  readonly ints: readonly { toString(): string }[];
  readonly g?: InnerGraphMessage | null;
  readonly graphs: readonly InnerGraphMessage[];
}

interface SparseTensorMessage {
  readonly values?: { readonly name: string } | null;
}

interface InnerGraphMessage {
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly { readonly name: string }[];
  readonly sparseInitializer: readonly SparseTensorMessage[];
  readonly input: readonly { readonly name: string }[];
  readonly output: readonly { readonly name: string }[];
}

/** Values that the graphs inside a node take from the graphs around them. */
export function capturedValues(node: NodeMessage): Set<string> {
  const captured = new Set<string>();
  for (const graph of graphsOf(node)) {
    const own = new Set([
      ...graph.input.map(({ name }) => name),
      ...graph.initializer.map(({ name }) => name),
      ...graph.sparseInitializer.map(({ values }) => values?.name ?? ""),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const used = [
      ...graph.output.map(({ name }) => name),
      ...graph.node.flatMap((inner) => [...inner.input, ...capturedValues(inner)]),
    ];
    for (const name of used) if (name !== "" && !own.has(name)) captured.add(name);
  }
  return captured;
}

function graphsOf({ attribute }: NodeMessage): InnerGraphMessage[] {
  return attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]);
}
