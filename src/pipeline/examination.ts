import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { openContentStore } from "../core/content-store.js";
import { messageOf } from "../core/errors.js";
import { defaultCnn } from "../features/catalogue.js";
import { int8Speed } from "../features/int8-speed.js";
import { openFeatureExtractor } from "../features/open-feature-extractor.js";
import { describeFfmpegPrograms, findFfmpegPrograms } from "../frames/ffmpeg-programs.js";
import { loadLibav } from "../frames/libav.js";
import { builtInDevices } from "../onnx/devices.js";
import { loadTfjs } from "../tfjs/tfjs-runtime.js";
import { openStageCache } from "./stage-cache.js";

/** What was found of one part that labelling needs. */
export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  /** What is there, or what is wrong. */
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Whether labelling does without it. */
  readonly optional?: true;
}

interface Check {
  readonly part: string;
  readonly look: () => Promise<string>;
  readonly advice: string;
  readonly optional?: true;
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
    part: "ffmpeg program",
    optional: true,
    advice: "Only --decoder ffmpeg needs it.",
    look: async () => describeFfmpegPrograms(await findFfmpegPrograms()),
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
    part: "int8",
    advice: "Leave out --precision int8.",
    async look() {
      const store = openContentStore(openStageCache().directory);
      const choice = { cnn: defaultCnn, precision: "int8" } as const;
      const { float32, int8 } = await int8Speed(choice, store, { anew: true });
      const [slow, fast] = float32 > int8 ? [float32, int8] : [int8, float32];
      return `${int8.toFixed(1)} ms a frame of ${defaultCnn} against ${float32.toFixed(1)} in float32: ${(slow / fast).toFixed(1)} times as ${float32 > int8 ? "fast" : "slow"}`;
    },
  },
  {
    part: "devices",
    advice: "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
    async look() {
      const others = (await builtInDevices()).filter((device) => device !== "cpu");
      const untested = others.map((device) => `${device} (untested with Muybridge)`);
      return ["cpu", ...untested].join(", ");
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
  for (const { part, look, advice, optional } of checks) {
    const kind = optional ? { optional } : {};
    try {
      findings.push({ part, ok: true, found: await look(), ...kind });
    } catch (error) {
      findings.push({ part, ok: false, found: messageOf(error), advice, ...kind });
    }
  }
  return findings;
}
