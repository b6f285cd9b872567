import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { messageOf } from "../core/errors.js";
import { defaultCnn } from "../features/catalogue.js";
import { openFeatureExtractor } from "../features/open-feature-extractor.js";
import { loadTfjs } from "../features/tfjs/tfjs-runtime.js";
import { loadLibav } from "../frames/libav.js";
import { openStageCache } from "./stage-cache.js";

/** What was found of one part that labelling needs. */
export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  /** What is there, or what is wrong. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

interface Check {
  readonly part: string;
  readonly look: () => Promise<string>;
  readonly advice: string;
}

/** Oldest Node.js that runs this. */
const oldestNode = [20, 18] as const;

const checks: readonly Check[] = [
  {
    part: "Node.js",
    advice: `Install Node.js ${oldestNode.join(".")} or newer.`,
    async look() {
      const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
      if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
        throw new Error(`${process.version} is too old`);
      }
      const memory = Math.round(totalmem() / 2 ** 30);
      return `${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${memory} GiB`;
    },
  },
  {
    part: "decoder",
    advice:
      "npm install node-av; its binary comes in an optional package for your platform, so do not omit those.",
    async look() {
      const { lib } = await loadLibav();
      const version = lib.getFFmpegInfo?.().version ?? "unknown version";
      return `libav in process (node-av, FFmpeg ${version})`;
    },
  },
  {
    part: "engine and weights",
    advice:
      "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node @mediapipe/objectron@0.4.1675468480 (the variable leaves out a download of CUDA parts that are not used)",
    async look() {
      await using cnn = await openFeatureExtractor(defaultCnn);
      const side = cnn.inputSize;
      const features = await cnn.extract(new Uint8Array(side * side * 3), 1);
      if (features.some((value) => !Number.isFinite(value)))
        throw new Error("it computes values that are not finite");
      return `onnxruntime on the CPU, ${cnn.id} (${cnn.dimension} values a frame, digest ${cnn.digest.slice(0, 12)})`;
    },
  },
  {
    part: "second engine",
    advice: "npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm",
    async look() {
      const { tf, backend, passedOver } = await loadTfjs();
      const others = passedOver.map((why) => `; not ${why}`).join("");
      return `TensorFlow.js ${tf.version_core} on ${backend}${others}`;
    },
  },
  {
    part: "cache",
    advice: "Set MUYBRIDGE_CACHE_DIR to a directory that can be written.",
    async look() {
      const { directory } = openStageCache();
      await mkdir(directory, { recursive: true });
      const probe = join(directory, `.doctor-${process.pid}`);
      await writeFile(probe, "");
      await rm(probe);
      return directory;
    },
  },
];

/** Looks at everything that labelling needs, by using it. */
export async function examine(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { part, look, advice } of checks) {
    try {
      findings.push({ part, ok: true, found: await look() });
    } catch (error) {
      findings.push({ part, ok: false, found: messageOf(error), advice });
    }
  }
  return findings;
}
