import type { GraphModel } from "@tensorflow/tfjs-converter";
import type { io } from "@tensorflow/tfjs-core";
import { messageOf } from "../../core/errors.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import type { FrameNetwork } from "./frame-network.js";
import { type MobilenetVariant, mobilenetInputSize } from "./mobilenet-variant.js";
import { invalidModelJson } from "./model-json.js";

/**
 * Opens a MobileNet through @tensorflow-models/mobilenet: it scales the pixels, runs the network and gives the
 * embedding, the mean over height and width of the last convolution.
 *
 * @param artifacts a graph model whose nodes are called as that package expects
 * @param id of the network, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID where the package refuses the model.
 */
export async function openMobilenet(
  tf: Tfjs,
  artifacts: io.ModelArtifacts,
  { version, alpha, inputRange: [low, high] }: MobilenetVariant,
  id: string,
): Promise<FrameNetwork> {
  const { load } = await import("@tensorflow-models/mobilenet");
  const modelUrl = { load: () => Promise.resolve(artifacts) };
  try {
    const mobilenet = await load({ version, alpha, modelUrl, inputRange: [low, high] });
    // The package has no way to let go of its weights but the graph model inside.
    const { model } = mobilenet as unknown as { readonly model: GraphModel };
    const shape: [number, number, number] = [mobilenetInputSize, mobilenetInputSize, 3];
    const features: FrameNetwork["features"] = (frame) =>
      mobilenet.infer(tf.tensor3d(frame, shape, "int32"), true);
    try {
      const dimension = tf.tidy(() => features(new Uint8Array(shape[0] * shape[1] * 3)).size);
      const dispose = (): void => model.dispose();
      return { dimension, inputSize: mobilenetInputSize, features, dispose };
    } catch (error) {
      model.dispose();
      throw error;
    }
  } catch (error) {
    throw invalidModelJson(id, messageOf(error), error);
  }
}
