import type { Tensor } from "@tensorflow/tfjs-core";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import type { NetworkShape } from "../network-shape.js";
import type { LayeredNetwork } from "./layered-network.js";
import type { Layer } from "./recurrent-layers.js";

/** A batch on its way up, as the feeds of the graphs name it. */
export interface Batch {
  /** [T, B, input] */
  readonly x: Tensor;
  /** [T, B, 1] */
  readonly mask: Tensor;
  /** float32 [B, 1] */
  readonly steps: Tensor;
  /** [B, contextSize], for a network with a context */
  readonly context: Tensor | undefined;
  /** Factors on the outputs of each layer; undefined where nothing is dropped. */
  readonly dropout: readonly Tensor[] | undefined;
}

/** A layer's results. */
export interface LayerStates {
  /** [T, B, width], zero in the padding */
  readonly states: Tensor;
  /** [B, width] */
  readonly last: Tensor;
}

/** Stands for minus infinity, as in the graphs. */
const least = -1e30;

/** The recurrent layers, from the lowest up. */
export function passLayers(
  tf: Tfjs,
  shape: NetworkShape,
  { recurrent }: LayeredNetwork,
  { x, mask, dropout }: Batch,
): LayerStates[] {
  const { hidden, bidirectional } = shape;
  const [steps = 0, size = 0] = x.shape;
  const byBatch = (value: Tensor): Tensor => tf.transpose(value, [1, 0, 2]);
  const keep = tf.reshape(byBatch(mask), [size, steps]);
  const passed: LayerStates[] = [];
  let input = x;
  for (const [index, layer] of recurrent.entries()) {
    // [B, T, width]; in the padding, states stay as they are: zero before a sequence, its last one after it.
    const all = apply(layer, byBatch(input), keep);
    const end = tf.slice(all, [0, steps - 1, 0], [size, 1, hidden]);
    const ends = bidirectional ? [end, tf.slice(all, [0, 0, hidden], [size, 1, hidden])] : [end];
    const states = tf.mul(byBatch(all), mask);
    passed.push({ states, last: tf.squeeze(tf.concat(ends, 2), [1]) });
    input = dropout && index < recurrent.length - 1 ? tf.mul(states, dropout[index]!) : states;
  }
  return passed;
}

function apply(layer: Layer, input: Tensor, mask?: Tensor): Tensor {
  return layer.apply(input, mask ? { mask } : {}) as Tensor;
}

/** What comes before softmax or sigmoid, of all items: [N, outputs] */
export function passHead(
  tf: Tfjs,
  shape: NetworkShape,
  network: LayeredNetwork,
  top: LayerStates,
  batch: Batch,
): Tensor {
  const factors = batch.dropout?.at(-1);
  const dropped = (value: Tensor): Tensor => (factors ? tf.mul(value, factors) : value);
  if (shape.output === "sequence") {
    const width = top.states.shape[2] ?? 0;
    return apply(network.head!, tf.reshape(dropped(top.states), [-1, width]));
  }
  const pooled = dropped(pool(tf, shape, network, top, batch));
  return apply(network.head!, batch.context ? tf.concat([pooled, batch.context], 1) : pooled);
}

function pool(
  tf: Tfjs,
  { pooling }: NetworkShape,
  { attention }: LayeredNetwork,
  { states, last }: LayerStates,
  { mask, steps }: Batch,
): Tensor {
  const lowered = (value: Tensor): Tensor => tf.add(value, tf.mul(tf.sub(1, mask), least));
  switch (pooling) {
    case "last":
      return last;
    case "mean":
      return tf.div(tf.sum(states, 0), steps);
    case "max":
      return tf.max(lowered(states), 0);
    case "attention": {
      const powers = exponentials(tf, lowered(apply(attention!, states)), 0);
      const weights = tf.div(powers, tf.sum(powers, 0, true));
      return tf.sum(tf.mul(weights, states), 0);
    }
  }
}

/** e to the power of each value less the largest along an axis, so that none overflows. */
function exponentials(tf: Tfjs, value: Tensor, axis: number): Tensor {
  return tf.exp(tf.sub(value, tf.max(value, axis, true)));
}

/**
 * The loss of every item, as the graphs define it.
 *
 * @param logits [N, outputs]
 * @param targets [N, outputs]
 * @returns [N]
 */
export function lossesOf(
  tf: Tfjs,
  { head }: NetworkShape,
  logits: Tensor,
  targets: Tensor,
): Tensor {
  switch (head!.type) {
    case "classification": {
      const below = tf.sub(logits, tf.max(logits, 1, true));
      const logProbabilities = tf.sub(below, tf.log(tf.sum(tf.exp(below), 1, true)));
      return tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1));
    }
    case "multilabel": {
      const soft = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
      return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), soft), 1);
    }
    case "regression": {
      const difference = tf.sub(logits, targets);
      return tf.mean(tf.mul(difference, difference), 1);
    }
  }
}
