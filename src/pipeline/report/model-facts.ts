import { featureBlocks } from "../feature-blocks.js";
import type { Model } from "../model.js";
import { table } from "./page.js";

/** How a model was made, as a table. `more` comes first. */
export function modelFacts(
  { record, digest }: Pick<Model, "record" | "digest">,
  more: readonly (readonly [string, string])[] = [],
): string {
  const { training, network, linear, validation: held, files } = record;
  const shape = network
    ? `${network.bidirectional ? "bidirectional " : ""}${network.cell.toUpperCase()}, ${network.layers} layer(s) of ${network.hidden} units a direction, dropout ${network.dropout}`
    : training.method === "nearest-class-mean"
      ? "none: the nearest class mean of the examples"
      : linear
        ? "none"
        : "mean pool and softmax regression";
  const pooled = linear
    ? `${training.method === "nearest-class-mean" ? "nearest class mean" : "softmax regression"} over ${linear.blocks.map(({ name, pools }) => `${name} (${pools.join(", ")})`).join("; ")}`
    : undefined;
  const { train, validation, test } = training.data.clips;
  return table(
    ["", ""],
    [
      ...more,
      ["features", featureFacts(record)],
      ["network", shape],
      ...(pooled ? [["linear head", pooled] as const] : []),
      [
        "training",
        `${train} clips, ${validation} for validation, ${test} kept for test; seed ${training.seed}${training.bestEpoch > 0 ? `; weights of epoch ${training.bestEpoch} of ${training.history.length}` : ""}${training.refit ? ", then trained again on training and validation clips together" : ""}`,
      ],
      [
        "temperature",
        `${training.temperature.toFixed(3)}${held ? `: on the validation clips, from which it comes, log loss ${held.uncalibrated.logLoss.toFixed(3)} before and ${held.logLoss.toFixed(3)} after, calibration error ${held.uncalibrated.ece.toFixed(3)} and ${held.ece.toFixed(3)}` : ""}`,
      ],
      ["data set", training.data.name],
      ["split", splits[training.data.split]],
      ["videos that failed in training", String(training.data.failed)],
      ["model digest", digest],
      ["weights digest", files.weights],
      ...(record.features.kind === "video" ? [["CNN digest", record.features.cnn.digest]] : []),
      ["Muybridge", record.muybridge],
    ],
  );
}

/** What the ways of splitting mean. */
const splits: Readonly<Record<Model["record"]["training"]["data"]["split"], string>> = {
  given: "as the data set says",
  groups: "by groups: clips of one scene or person are on one side",
  stratified: "by the clips' content, in equal shares of each class; no groups are known",
  random: "clip by clip in spite of their groups, as was asked for: accuracies are too high",
};

function featureFacts({ features }: Model["record"]): string {
  if (features.kind === "sequence") return `sequences of ${features.dimension} values a step`;
  const { cnn, plan, streams } = features;
  const sampling =
    "count" in plan
      ? `${plan.count} frames a clip`
      : "fps" in plan
        ? `${plan.fps} frames a second`
        : "every" in plan
          ? `one of ${plan.every} frames${plan.limit === undefined ? "" : `, at most ${plan.limit}`}`
          : "its keyframes";
  const seen = featureBlocks(features).map(({ name, dimension }) => `${name} ${dimension}`);
  const values =
    streams.join() === "rgb"
      ? `${cnn.dimension} values a frame`
      : `streams of so many values a step: ${seen.join(", ")}`;
  return `${cnn.id}, ${values}, ${sampling}`;
}
