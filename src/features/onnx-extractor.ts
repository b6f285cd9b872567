import type { ContentStore } from "../core/content-store.js";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { int8Saturates } from "../onnx/int8-saturation.js";
import { type OnnxSession, openOnnxSession } from "../onnx/session.js";
import { uint8 } from "../onnx/tensor.js";
import {
  checkFrames,
  checkSide,
  type FeatureExtractor,
  type OpenOptions,
} from "./feature-extractor.js";
import { prepareOnnx } from "./onnx-file/prepare-onnx.js";
import type { PreparedNetwork } from "./prepared-network.js";
import { quantiseNetwork } from "./quantise/quantise-network.js";
import type { ResolvedCnn } from "./resolve-cnn.js";
import { readTflite } from "./tflite/read-tflite.js";
import { tfliteToOnnx } from "./tflite/tflite-to-onnx.js";

/** Frames computed at once: larger batches were no faster, and take more memory. */
const usualFramesAtOnce = 4;

/** Opens a CNN on onnxruntime. */
export async function openOnnxExtractor(
  cnn: ResolvedCnn,
  { threads, store, device, onWarning }: Required<OpenOptions>,
): Promise<FeatureExtractor> {
  const prepared = await preparedNetwork(cnn, store);
  const exactInt8 = cnn.precision === "int8" && (await int8Saturates());
  const session = await openOnnxSession(prepared.graph, { threads, device, onWarning, exactInt8 });
  const { dimension, inputSize, framesAtOnce = usualFramesAtOnce } = prepared;
  const facts = { id: cnn.id, inputSize, takesAnySize: cnn.takesAnySize };
  const close = (): Promise<void> => session.close();
  return {
    ...facts,
    digest: cnn.digest,
    dimension,
    ...(cnn.ranges ? { ranges: cnn.ranges } : {}),
    async extract(frames, n, { signal, side = inputSize } = {}) {
      checkSide(side, facts);
      const frameSize = side * side * 3;
      checkFrames(frames, n, frameSize);
      const features = new Float32Array(n * dimension);
      for (let first = 0; first < n; first += framesAtOnce) {
        signal?.throwIfAborted();
        const count = Math.min(framesAtOnce, n - first);
        const part = frames.subarray(first * frameSize, (first + count) * frameSize);
        const rows = await compute(cnn.id, session, part, [count, side, side, 3]);
        if (rows.length !== count * dimension) {
          throw failure(cnn.id, `it gives ${rows.length} values for ${count} frames`);
        }
        features.set(rows, first * dimension);
      }
      return features;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function compute(
  id: string,
  session: OnnxSession,
  frames: Uint8Array,
  dims: readonly number[],
): Promise<Float32Array> {
  try {
    const { features } = await session.run({ frames: uint8(frames, dims) });
    return features!.data as Float32Array;
  } catch (error) {
    throw failure(id, messageOf(error), error);
  }
}

/** A network's own fault: its operators do not fit together, or not frames of this size. */
function failure(id: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `The CNN ${id} cannot be used: ${why}`, {
    path: id,
    cause,
  });
}

/** The network as ONNX, from the cache or freshly prepared. A cache that fails costs a second, not the work. */
export async function preparedNetwork(
  cnn: ResolvedCnn,
  store: ContentStore,
): Promise<PreparedNetwork> {
  const { precision, ranges } = cnn;
  if (precision === "float32") return floatNetwork(cnn, store);
  return kept(store, cnn.digest, async () =>
    quantiseNetwork(await floatNetwork(cnn, store), ranges ?? {}, cnn.id),
  );
}

/** The network in float32, whatever precision is asked for. */
export function floatNetwork(cnn: ResolvedCnn, store: ContentStore): Promise<PreparedNetwork> {
  return kept(store, cnn.floatDigest, () => prepareNetwork(cnn));
}

async function kept(
  store: ContentStore,
  digest: string,
  prepare: () => Promise<PreparedNetwork>,
): Promise<PreparedNetwork> {
  const key = `cnn:${digest}`;
  const known = await store.get(key).catch(() => undefined);
  if (known) {
    return { graph: known.data, ...(known.metadata as Omit<PreparedNetwork, "graph">) };
  }
  const { graph, ...facts } = await prepare();
  await store.put(key, graph, facts).catch(() => undefined);
  return { graph, ...facts };
}

/** Turns a network's file into a {@link PreparedNetwork}. */
async function prepareNetwork(cnn: ResolvedCnn): Promise<PreparedNetwork> {
  const { preprocessing, id: name } = cnn;
  const options = { name, preprocessing, ...(cnn.layer === undefined ? {} : { layer: cnn.layer }) };
  if (cnn.format === "onnx") return prepareOnnx(await cnn.read(), options);
  if (cnn.format !== "tflite") {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${cnn.id} is of the format ${cnn.format}, which the onnx engine cannot compute.`,
      { path: cnn.id, parameter: "engine" },
    );
  }
  return tfliteToOnnx(readTflite(await cnn.read(), name), options);
}
