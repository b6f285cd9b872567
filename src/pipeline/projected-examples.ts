import type { NetworkShape } from "../sequence/network-shape.js";
import type { Parameter } from "../sequence/parameters.js";
import {
  fitPrincipalComponents,
  type Projection,
  project,
  unproject,
} from "../sequence/principal-components.js";
import { fitStandardisation, standardise } from "../sequence/standardisation.js";
import type { Example } from "./fit-classifier.js";

/** Clips as a network of few inputs takes them. */
export interface ProjectedExamples {
  /** Of a clip's changes over time. */
  readonly changes: Projection;
  /** Of its mean over time. */
  readonly context: Projection;
  /** Standardised and projected clips, and the indices of their classes. */
  sequencesOf(
    examples: readonly Example[],
    classes: readonly string[],
  ): { readonly x: Float32Array[]; readonly context: Float32Array[]; readonly y: number[] };
}

/**
 * Measures the principal components of the training clips, and those only: of the changes and of the means, both
 * standardised.
 */
export function projectExamples(
  training: readonly Example[],
  dimension: number,
  components: number,
): ProjectedExamples {
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const standardised = training.map(({ features }) => standardise(features, standardisation));
  const componentsOf = (sequences: readonly Float32Array[], most: number): Projection =>
    fitPrincipalComponents(sequences, dimension, Math.min(components, dimension, most));
  const changes = componentsOf(
    standardised.map((each) => each.changes),
    Number.POSITIVE_INFINITY,
  );
  const context = componentsOf(
    standardised.map((each) => each.context),
    training.length,
  );
  return {
    changes,
    context,
    sequencesOf(examples, classes) {
      const parts = examples.map(({ features }) => standardise(features, standardisation));
      return {
        x: parts.map((each) => project(each.changes, changes)),
        context: parts.map((each) => project(each.context, context)),
        y: examples.map(({ label }) => classes.indexOf(label)),
      };
    },
  };
}

/**
 * The parameters of the network that gives the same for whole vectors as this one of one layer for projected ones:
 * the projections are multiplied into the kernels that take them.
 */
export function unprojectParameters(
  parameters: Readonly<Record<string, Parameter>>,
  { changes, context }: Pick<ProjectedExamples, "changes" | "context">,
  shape: NetworkShape,
): Record<string, Parameter> {
  const whole: Record<string, Parameter> = { ...parameters };
  for (const name of ["layer0.forward.kernel", "layer0.backward.kernel"]) {
    const kernel = parameters[name];
    if (!kernel) continue;
    whole[name] = {
      shape: [changes.dimension, kernel.shape[1]!],
      data: unproject(kernel.data, changes),
    };
  }
  const { shape: dims, data } = parameters["head.kernel"]!;
  const outputs = dims[1]!;
  // The head sees the states first, then the context.
  const states = data.length / outputs - shape.contextSize;
  const head = new Float32Array((states + context.dimension) * outputs);
  head.set(data.subarray(0, states * outputs));
  head.set(unproject(data.subarray(states * outputs), context), states * outputs);
  whole["head.kernel"] = { shape: [states + context.dimension, outputs], data: head };
  return whole;
}
