/**
 * TensorFlow.js as the second engine: which of its back ends computes, for the CNN and for sequences.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { MuybridgeError, messageOf } from "../core/errors.js";
import { checkBackend } from "./backend-check.js";
import type { Tfjs } from "./tensorflow.js";

/** TensorFlow.js with a back end that was seen to compute rightly. */
export interface TfjsRuntime {
  readonly tf: Tfjs;
  /** The package whose back end computes. */
  readonly backend: string;
  /** Why the ones that would have been preferred were not taken, in one line each. */
  readonly passedOver: readonly string[];
}

/** A back end that may be there or not. */
export interface BackendCandidate {
  /** The package it is in. */
  readonly package: string;
  /** The name it registers itself by. */
  readonly backend: string;
  /** Imports it; it may throw anything. */
  readonly load: () => Promise<unknown>;
}

/** What the native library reads from the environment: no talk about the processor on stderr, and one thread. */
const nativeSettings = {
  TF_CPP_MIN_LOG_LEVEL: "2",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
};

/** The back ends, the preferred one first. */
export const backends: readonly BackendCandidate[] = [
  {
    package: "@tensorflow/tfjs-node",
    backend: "tensorflow",
    load: () => {
      for (const [name, value] of Object.entries(nativeSettings)) process.env[name] ??= value;
      // Under a name of its own: the package is optional, so there may be no types of it.
      const optional = "@tensorflow/tfjs-node";
      return import(optional);
    },
  },
  { package: "@tensorflow/tfjs-backend-wasm", backend: "wasm", load: loadWasm },
];

let chosen: Promise<TfjsRuntime> | undefined;

/**
 * TensorFlow.js on the best back end that is there and sound. Chosen once a process.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where none is.
 */
export function loadTfjs(): Promise<TfjsRuntime> {
  chosen ??= chooseBackend(backends);
  return chosen;
}

/**
 * Takes the first back end that loads and computes known sums rightly: one can be missing, present without its
 * native library, or import well and then fail in some operations, as tfjs-node does on Node.js 23 and later.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE saying what is wrong with each, where none is sound.
 */
export async function chooseBackend(candidates: readonly BackendCandidate[]): Promise<TfjsRuntime> {
  const passedOver: string[] = [];
  for (const { package: name, backend, load } of candidates) {
    try {
      // Late, since it is only needed where this engine is asked for.
      const tf = await import("@tensorflow/tfjs-core");
      await load();
      if (!tf.findBackendFactory(backend)) {
        throw new Error("it brings a copy of @tensorflow/tfjs-core of its own");
      }
      if (!(await tf.setBackend(backend))) throw new Error("its back end cannot be started");
      checkBackend(tf);
      return { tf, backend: name, passedOver };
    } catch (error) {
      passedOver.push(`${name}: ${whyNot(name, error)}`);
    }
  }
  throw new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `TensorFlow.js has no back end that computes. Install it again: npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm; or use the engine onnx.\n  ${passedOver.join("\n  ")}`,
    { parameter: "engine" },
  );
}

function whyNot(name: string, error: unknown): string {
  const message = messageOf(error);
  const { code } = error as NodeJS.ErrnoException;
  const absent = code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`);
  return absent ? "it is not installed" : message.split("\n", 1)[0]!.trim();
}

/** Loads the WebAssembly back end, one thread, its binary read from the package on disk. */
async function loadWasm(): Promise<void> {
  const tf = await import("@tensorflow/tfjs-core");
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  // As a URL of a file it is read by the file system; a path would be fetched first.
  wasm.setWasmPaths(`${pathToFileURL(dirname(entry)).href}/`);
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(process.rawListeners(event as "exit")));
  await tf.setBackend("wasm");
  // Emscripten listens for the errors of the whole process, only to throw them again: that is the host's business.
  for (const [i, event] of events.entries()) {
    for (const listener of process.rawListeners(event as "exit")) {
      if (!before[i]!.has(listener)) process.removeListener(event, listener as () => void);
    }
  }
}
