import { setImmediate as nextTurn } from "node:timers/promises";
import { digestOf } from "../../core/digest.js";
import { MuybridgeError } from "../../core/errors.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import { loadTfjs } from "../../tfjs/tfjs-runtime.js";
import {
  checkFrames,
  checkSide,
  type FeatureExtractor,
  type OpenOptions,
} from "../feature-extractor.js";
import type { ResolvedCnn } from "../resolve-cnn.js";
import { readTflite } from "../tflite/read-tflite.js";
import type { FrameNetwork } from "./frame-network.js";
import { openGraph } from "./graph-network.js";
import { openLayers } from "./layers-network.js";
import { openMobilenet } from "./mobilenet-network.js";
import { mobilenetEmbeddings } from "./mobilenet-variant.js";
import { readModelJson } from "./model-json.js";
import { type TapChoice, tapNetwork } from "./tapped-network.js";
import { mobilenetVariant } from "./tfjs-catalogue.js";
import { tfliteToGraphModel } from "./tflite-to-graph-model.js";

/**
 * Opens a CNN on TensorFlow.js.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE, ERR_FILE_NOT_FOUND, ERR_MODEL_INVALID, ERR_USAGE.
 */
export async function openTfjsExtractor(
  cnn: ResolvedCnn,
  { device, onWarning }: Required<OpenOptions>,
): Promise<FeatureExtractor> {
  if (device !== "cpu") onWarning(`The engine tfjs computes on the CPU, not on ${device}.`);
  const { tf } = await loadTfjs();
  const network = await openNetwork(tf, cnn);
  const { dimension, inputSize } = network;
  const { entry, layer } = cnn;
  if (entry && layer === entry.layer && dimension !== entry.dimension) {
    network.dispose();
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `${cnn.id} gives ${dimension} values a frame, where ${entry.dimension} are known of it.`,
      { path: cnn.id },
    );
  }
  const facts = { id: cnn.id, inputSize, takesAnySize: cnn.takesAnySize };
  const frameSize = inputSize * inputSize * 3;
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) network.dispose();
    closed = true;
  };
  return {
    ...facts,
    digest: cnn.digest,
    dimension,
    async extract(frames, n, { signal, side = inputSize } = {}) {
      checkSide(side, facts);
      checkFrames(frames, n, frameSize);
      const features = new Float32Array(n * dimension);
      for (let i = 0; i < n; i++) {
        signal?.throwIfAborted();
        if (closed) throw new Error(`The feature extractor of ${cnn.id} is closed.`);
        const frame = frames.subarray(i * frameSize, (i + 1) * frameSize);
        const vector = tf.tidy(() => network.features(frame));
        features.set(await vector.data(), i * dimension);
        vector.dispose();
        // A frame is computed without a break, so that signals would not get through otherwise.
        await nextTurn();
      }
      return features;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openNetwork(tf: Tfjs, cnn: ResolvedCnn): Promise<FrameNetwork> {
  const { id, entry, layer, preprocessing } = cnn;
  const choice: TapChoice = { id, preprocessing, ...(layer === undefined ? {} : { layer }) };
  const asCatalogued =
    entry && layer === entry.layer && digestOf(preprocessing) === digestOf(entry.preprocessing);
  const mobilenet = asCatalogued ? mobilenetVariant(entry.name) : undefined;
  if (cnn.format === "tflite") return openTflite(tf, cnn, choice, mobilenet);
  const { kind, artifacts } = await readModelJson(cnn.path ?? id);
  if (mobilenet) return openMobilenet(tf, artifacts, mobilenet, id);
  const network = await (kind === "graph" ? openGraph(artifacts, id) : openLayers(artifacts, id));
  return tapNetwork(tf, network, choice);
}

async function openTflite(
  tf: Tfjs,
  { id, layer, read }: ResolvedCnn,
  choice: TapChoice,
  mobilenet: ReturnType<typeof mobilenetVariant>,
): Promise<FrameNetwork> {
  const model = readTflite(await read(), id);
  const from = { name: id, ...(layer === undefined ? {} : { layer }) };
  if (mobilenet) {
    const meanNode = mobilenetEmbeddings[mobilenet.version];
    const { artifacts } = tfliteToGraphModel(model, { ...from, meanNode });
    return openMobilenet(tf, artifacts, mobilenet, id);
  }
  const converted = tfliteToGraphModel(model, from);
  const side = model.tensors[model.inputs[0] ?? -1]?.shape[1] ?? 0;
  return tapNetwork(tf, await openGraph(converted.artifacts, id), {
    ...choice,
    layer: converted.layer,
    preprocessing: { ...(side > 0 ? { inputSize: side } : {}), ...choice.preprocessing },
  });
}
