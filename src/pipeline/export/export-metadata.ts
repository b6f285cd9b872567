import type { Model } from "../model.js";
import { packageVersion } from "../package-version.js";

/**
 * What an exported model says of itself, as texts; those that are more than a word are JSON. It is all that is
 * needed to make its input from a video, and labels from its output.
 */
export function exportMetadata(model: Model, input: string): Record<string, string> {
  const { features, network, task } = model.record;
  const { plan, fit, decoder, cnn } = features;
  return {
    task,
    classes: JSON.stringify(model.classes),
    input,
    sampling: JSON.stringify(plan),
    fit,
    decoder,
    cnn: JSON.stringify({
      name: cnn.id,
      digest: cnn.digest,
      dimension: cnn.dimension,
      inputSize: cnn.inputSize,
      ...(cnn.choice.layer === undefined ? {} : { layer: cnn.choice.layer }),
      ...(cnn.choice.precision === undefined ? {} : { precision: cnn.choice.precision }),
    }),
    network: JSON.stringify(network ?? { type: "meanpool" }),
    model: model.digest,
    muybridge: packageVersion(),
  };
}
