import type { Tensor as TfTensor } from "@tensorflow/tfjs-core";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";
import { MuybridgeError } from "../../core/errors.js";
import type { Tensor } from "../../core/safetensors.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import type { Layer } from "./recurrent-layers.js";

/** Applies layers and gives them their weights. */
export interface Builder {
  /** @param weights names of parameters, or the values themselves */
  apply(
    layer: Layer,
    input: SymbolicTensor | SymbolicTensor[],
    weights?: readonly (string | Float32Array)[],
  ): SymbolicTensor;
}

/** A builder that takes weights from given parameters. */
export function createBuilder(tf: Tfjs, parameters: Readonly<Record<string, Tensor>>): Builder {
  return {
    apply(layer, input, weights = []) {
      const value = layer.apply(input) as SymbolicTensor;
      const tensors: TfTensor[] = weights.map((given) => {
        if (typeof given !== "string") return tf.tensor1d(given);
        const parameter = parameters[given];
        if (!(parameter?.data instanceof Float32Array)) {
          throw new MuybridgeError("ERR_MODEL_INVALID", `The model has no parameter "${given}".`, {
            parameter: given,
          });
        }
        return tf.tensor(parameter.data, [...parameter.shape]);
      });
      layer.setWeights(tensors);
      tf.dispose(tensors);
      return value;
    },
  };
}
