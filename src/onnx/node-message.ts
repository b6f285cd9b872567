/** A node as it is decoded from a file; see the schema. */
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
  readonly t?: TensorMessage | null;
  readonly tensors: readonly TensorMessage[];
  readonly sparseTensor?: SparseTensorMessage | null;
  readonly sparseTensors: readonly SparseTensorMessage[];
  readonly g?: InnerGraphMessage | null;
  readonly graphs: readonly InnerGraphMessage[];
}

/** A tensor, as far as it is looked at. */
export interface TensorMessage {
  readonly name: string;
  readonly externalData: readonly object[];
  /** 0 for the file itself. */
  readonly dataLocation: number;
}

interface SparseTensorMessage {
  readonly values?: TensorMessage | null;
  readonly indices?: TensorMessage | null;
}

interface InnerGraphMessage {
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
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

/** All tensors that a node holds, in graphs inside it as well. */
export function* tensorsOf(node: NodeMessage): Generator<TensorMessage | undefined | null, void> {
  for (const { t, tensors, sparseTensor, sparseTensors } of node.attribute) {
    yield t;
    yield* tensors;
    for (const sparse of [sparseTensor, ...sparseTensors]) yield* [sparse?.values, sparse?.indices];
  }
  for (const graph of graphsOf(node)) {
    yield* graph.initializer;
    for (const { values, indices } of graph.sparseInitializer) yield* [values, indices];
    for (const inner of graph.node) yield* tensorsOf(inner);
  }
}

function graphsOf({ attribute }: NodeMessage): InnerGraphMessage[] {
  return attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]);
}
