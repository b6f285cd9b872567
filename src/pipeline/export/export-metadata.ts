import { featureBlocks } from "../feature-blocks.js";
import type { Model } from "../model.js";
import type { ModelRecord } from "../model-record.js";
import { packageVersion } from "../package-version.js";

type VideoFeatures = Extract<ModelRecord["features"], { readonly kind: "video" }>;

/**
 * What an exported model says of itself, as texts; those that are more than a word are JSON. It is all that is
 * needed to make its input from a video, and labels from its output.
 */
export function exportMetadata(model: Model, input: string): Record<string, string> {
  const { features, head, network, linear, task } = model.record;
  return {
    task,
    classes: JSON.stringify(model.classes),
    input,
    ...(features.kind === "video" ? videoMetadata(features) : {}),
    head,
    ...(network ? { network: JSON.stringify(network) } : {}),
    ...(linear ? { linear: JSON.stringify(linear) } : {}),
    model: model.digest,
    muybridge: packageVersion(),
  };
}

/** How a video becomes features. */
function videoMetadata(features: VideoFeatures): Record<string, string> {
  const { plan, fit, decoder, cnn } = features;
  return {
    streams: JSON.stringify(featureBlocks(features)),
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
  };
}
