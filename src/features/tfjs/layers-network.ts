import type { io, Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { messageOf } from "../../core/errors.js";
import { invalidModelJson } from "./model-json.js";
import type { LayeredNetwork } from "./tapped-network.js";

/** Largest number that a layer's settings may hold: a layer is made of these sizes before its weights are seen. */
const maxSetting = 65_536;

/**
 * Loads Keras layers. No code of the file is run: layers are of the kinds that TensorFlow.js has, and a file with
 * any other, such as Lambda, is refused.
 *
 * @param id of the network, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID naming what is wrong.
 */
export async function openLayers(
  artifacts: io.ModelArtifacts,
  id: string,
): Promise<LayeredNetwork> {
  checkSettings(artifacts.modelTopology, id);
  const layers = await import("@tensorflow/tfjs-layers");
  const load = () => Promise.resolve(artifacts);
  const model = await layers.loadLayersModel({ load }).catch((error: unknown) => {
    throw invalidModelJson(id, messageOf(error), error);
  });
  if (model.inputs.length !== 1) {
    model.dispose();
    throw invalidModelJson(id, `it has ${model.inputs.length} inputs, not one`);
  }
  const outputs = outputsOf(model);
  const names = [...outputs.keys()];
  const cut = new Map<string, LayersModel>();
  return {
    inputShape: model.inputs[0]!.shape.map((length) => length ?? undefined),
    takesIntegers: false,
    layers: names,
    fromOutput: names.toReversed(),
    compute(picture, wanted) {
      const key = wanted.join("\n");
      try {
        const part =
          cut.get(key) ??
          layers.model({ inputs: model.inputs, outputs: wanted.map((name) => outputs.get(name)!) });
        cut.set(key, part);
        const values = part.predict(picture, { batchSize: 1 });
        return Array.isArray(values) ? values : [values as Tensor];
      } catch (error) {
        throw invalidModelJson(id, messageOf(error), error);
      }
    },
    dispose: () => model.dispose(),
  };
}

/** Each layer's value, by the layer's name, in the order of the layers. */
function outputsOf(model: LayersModel): Map<string, SymbolicTensor> {
  const values = new Map<string, SymbolicTensor>();
  for (const layer of model.layers) {
    if (layer.getClassName() === "InputLayer") continue;
    // A model that is a layer of another has a value of its own before the one it has there.
    const value = layer.getOutputAt(layer.inboundNodes.length - 1);
    if (!Array.isArray(value)) values.set(layer.name, value);
  }
  return values;
}

/** Settings that may be any number: they make nothing large. */
const harmless = new Set(["training_config", "seed"]);

/** Refuses sizes that no network has. */
function checkSettings(topology: unknown, id: string): void {
  // A list instead of recursion: the file decides how deep it is.
  const left: [name: string, value: unknown][] = [["modelTopology", topology]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [name, value] = next;
    if (typeof value === "number" && Math.abs(value) > maxSetting) {
      throw invalidModelJson(id, `${name} is ${value}, more than ${maxSetting}`);
    }
    if (value === null || typeof value !== "object") continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!harmless.has(key)) left.push([Array.isArray(value) ? name : key, inner]);
    }
  }
}
