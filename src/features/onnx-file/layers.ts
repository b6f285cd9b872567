import { MuybridgeError } from "../../core/errors.js";
import { dependentValues } from "../../onnx/cut-graph.js";
import type { OnnxModel } from "../../onnx/model-parts.js";
import { listLayers } from "../list-layers.js";

/**
 * The value of a layer: by its own name, or by that of the node that makes it.
 *
 * @throws MuybridgeError ERR_USAGE listing the layers where there is none of that name.
 */
export function layerValue(model: OnnxModel, layer: string): string {
  const made = model.nodes.find(({ outputs }) => outputs.includes(layer));
  if (made && layer !== "") return layer;
  const named = model.nodes.find(({ name, outputs }) => name === layer && outputs[0]);
  if (named && layer !== "") return named.outputs[0]!;
  throw wrongLayer(model, `has no layer "${layer}".`);
}

/** The error of a layer that cannot be had, with a list of those that can. */
export function wrongLayer(model: OnnxModel, why: string): MuybridgeError {
  const [input] = model.inputs;
  const names = input ? [...new Set(dependentValues(model, input.name))] : [];
  return new MuybridgeError("ERR_USAGE", `${model.name} ${why} ${listLayers(names)}`, {
    path: model.name,
    parameter: "layer",
  });
}
