import {
  type BlockProjection,
  fitBlockProjection,
  projectBlocks,
  projectedSize,
  unprojectBlocks,
} from "../sequence/block-projection.js";
import type { Parameter } from "../sequence/parameters.js";
import type { FeatureBlock } from "./feature-blocks.js";

/** Components that a block is projected onto: with more, the network learns clips by heart. */
const mostComponents = 64;

/** How much the blocks count beside each other, where it is not 1: chosen on clips left out of training. */
const weights: Readonly<Record<string, number>> = { cuboids: 2 };

/** What a block counts beside the others. */
export function blockWeight({ name }: FeatureBlock): number {
  return weights[name] ?? 1;
}

/** A network's inputs of several blocks as it is trained on them: few values, each block of the energy of its weight. */
export interface RecurrentBlocks {
  /** Of a clip's changes over time. */
  readonly changes: BlockProjection;
  /** Of its mean over time. */
  readonly context: BlockProjection;
}

/** Parts of clips as a network takes them. */
interface Parts {
  /** float32 [T, D] each */
  readonly x: readonly Float32Array[];
  /** float32 [D] each */
  readonly context: readonly Float32Array[];
}

/** Measures the projections of standardised training clips, and those only. */
export function fitRecurrentBlocks(
  { x, context }: Parts,
  blocks: readonly FeatureBlock[],
): RecurrentBlocks {
  const weighted = blocks.map((block) => ({
    dimension: block.dimension,
    weight: blockWeight(block),
  }));
  return {
    changes: fitBlockProjection(x, weighted, mostComponents),
    context: fitBlockProjection(context, weighted, mostComponents),
  };
}

/** Projects clips. */
export function projectParts<Some extends Parts>(
  parts: Some,
  { changes, context }: RecurrentBlocks,
): Some {
  return {
    ...parts,
    x: parts.x.map((each) => projectBlocks(each, changes)),
    context: parts.context.map((each) => projectBlocks(each, context)),
  };
}

/**
 * The parameters of the network that gives for whole vectors what this one gives for projected ones: the projections
 * are multiplied into the kernels that take them.
 */
export function unprojectBlockParameters(
  parameters: Readonly<Record<string, Parameter>>,
  { changes, context }: RecurrentBlocks,
): Record<string, Parameter> {
  const whole: Record<string, Parameter> = { ...parameters };
  const unproject = (data: Float32Array, width: number, by: BlockProjection): Float32Array =>
    unprojectBlocks(data, by, width);
  for (const name of ["layer0.forward.kernel", "layer0.backward.kernel"]) {
    const kernel = parameters[name];
    if (!kernel) continue;
    const width = kernel.shape[1]!;
    const data = unproject(kernel.data, width, changes);
    whole[name] = { shape: [data.length / width, width], data };
  }
  const { shape, data } = parameters["head.kernel"]!;
  const outputs = shape[1]!;
  // The head sees the states first, then the context.
  const states = shape[0]! - projectedSize(context);
  const seen = unproject(data.subarray(states * outputs), outputs, context);
  const head = new Float32Array(states * outputs + seen.length);
  head.set(data.subarray(0, states * outputs));
  head.set(seen, states * outputs);
  whole["head.kernel"] = { shape: [head.length / outputs, outputs], data: head };
  return whole;
}
