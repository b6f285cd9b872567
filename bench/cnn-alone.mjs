/**
 * Lower bound: the CNN on frames that are in memory already, in two processes.
 * Run: node bench/cnn-alone.mjs FRAMES [float32|int8]
 */
import { openFeatureExtractor } from "../dist/src/features/open-feature-extractor.js";
import { inProcesses } from "./in-processes.mjs";

const processes = 2;
/** Frames handed over at once, as the decoder does. */
const batch = 16;

const [frames = "", precision = "float32"] = process.argv.slice(2);
const own = Math.ceil(Number(frames) / processes);

await inProcesses(
  Array.from({ length: processes }, () => own),
  async (total) => {
    const cnn = await openFeatureExtractor("mobilenet-v2", {
      precision: /** @type {"float32" | "int8"} */ (precision),
    });
    const pixels = Uint8Array.from({ length: batch * cnn.inputSize ** 2 * 3 }, (_, i) => i * 7);
    for (let done = 0; done < total; done += batch) await cnn.extract(pixels, batch);
    await cnn.close();
  },
);
