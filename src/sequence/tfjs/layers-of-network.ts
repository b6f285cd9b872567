import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { directionsOf, type NetworkShape } from "../network-shape.js";
import type { Standardisation } from "../standardisation.js";
import type { Builder } from "./layer-builder.js";
import { recurrentLayer, type TfLayers } from "./recurrent-layers.js";

/**
 * Adds what `standardise` does: batch normalisations, which at inference scale and shift, around the mean over time.
 * The training mean is taken off first, so that float32 keeps the digits of values that hardly vary.
 *
 * @param features [batch, time, dimension]
 */
export function addStandardisation(
  { layers }: TfLayers,
  features: SymbolicTensor,
  { mean, deviation, changeDeviation }: Standardisation,
  builder: Builder,
): { readonly changes: SymbolicTensor; readonly context: SymbolicTensor } {
  const dimension = mean.length;
  const zeros = new Float32Array(dimension);
  const ones = new Float32Array(dimension).fill(1);
  const scaled = (name: string, input: SymbolicTensor, factors: Float32Array): SymbolicTensor => {
    const layer = layers.batchNormalization({ center: false, epsilon: 0, name });
    return builder.apply(layer, input, [factors, zeros, ones]);
  };
  const shift = layers.batchNormalization({
    center: false,
    scale: false,
    epsilon: 0,
    name: "centred",
  });
  const centred = builder.apply(shift, features, [mean, ones]);
  const own = builder.apply(layers.globalAveragePooling1d({ name: "mean_over_time" }), centred);
  const negative = scaled("negative_mean", own, new Float32Array(dimension).fill(-1));
  const differences = builder.apply(layers.add({ name: "differences" }), [centred, negative]);
  const inverse = (values: Float32Array): Float32Array => values.map((value) => 1 / value);
  return {
    changes: scaled("changes", differences, inverse(changeDeviation)),
    context: scaled("context", own, inverse(deviation)),
  };
}

/**
 * Adds a network's recurrent layers and its pooling.
 *
 * @param input [batch, time, inputSize]
 * @returns [batch, width], or [batch, time, width] for a network with a result for each step
 */
export function addStates(
  tfLayers: TfLayers,
  shape: NetworkShape,
  input: SymbolicTensor,
  builder: Builder,
): SymbolicTensor {
  const { output, pooling } = shape;
  const all = output === "sequence" || pooling !== "last";
  let states = input;
  for (let index = 0; index < shape.layers; index++) {
    const returnSequences = all || index < shape.layers - 1;
    const { layer, parameters } = recurrentLayer(tfLayers, shape, index, returnSequences);
    states = builder.apply(layer, states, parameters);
  }
  return all && output === "last" ? addPooling(tfLayers, shape, states, builder) : states;
}

function addPooling(
  { layers }: TfLayers,
  shape: NetworkShape,
  states: SymbolicTensor,
  builder: Builder,
): SymbolicTensor {
  if (shape.pooling === "mean")
    return builder.apply(layers.globalAveragePooling1d({ name: "pooled" }), states);
  if (shape.pooling === "max")
    return builder.apply(layers.globalMaxPooling1d({ name: "pooled" }), states);
  const score = layers.dense({
    units: 1,
    activation: "tanh",
    kernelInitializer: "zeros",
    name: "attention",
  });
  const scores = builder.apply(score, states, ["attention.kernel", "attention.bias"]);
  // Softmax is over the last axis, and the weighted sum a product: [batch, 1, time] · [batch, time, width].
  const row = builder.apply(layers.permute({ dims: [2, 1], name: "attention_row" }), scores);
  const weights = builder.apply(layers.softmax({ axis: -1, name: "attention_weights" }), row);
  const sum = builder.apply(layers.dot({ axes: [2, 1], name: "attended" }), [weights, states]);
  const width = directionsOf(shape) * shape.hidden;
  return builder.apply(layers.reshape({ targetShape: [width], name: "pooled" }), sum);
}
