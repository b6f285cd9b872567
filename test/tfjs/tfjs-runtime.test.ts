import { beforeAll, expect, test } from "vitest";
import { checkBackend } from "../../src/tfjs/backend-check.js";
import type { Tfjs } from "../../src/tfjs/tensorflow.js";
import {
  type BackendCandidate,
  backends,
  chooseBackend,
  loadTfjs,
} from "../../src/tfjs/tfjs-runtime.js";

const wasm = backends.find((candidate) => candidate.backend === "wasm")!;
let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await chooseBackend([wasm]));
});

function unsound(name: string, load: () => Promise<unknown>): BackendCandidate {
  return { package: name, backend: name, load };
}

test("the native back end is preferred where it is sound, else WebAssembly computes, and why is told", async () => {
  const { backend, passedOver } = await loadTfjs();
  expect(backends.map((candidate) => candidate.package)).toEqual([
    "@tensorflow/tfjs-node",
    "@tensorflow/tfjs-backend-wasm",
  ]);
  if (backend === "@tensorflow/tfjs-node") expect(passedOver).toEqual([]);
  else expect(passedOver).toEqual([expect.stringMatching(/^@tensorflow\/tfjs-node: ./)]);
});

test("a back end that does not load, registers nothing, or computes wrongly is passed over", async () => {
  /** WebAssembly under another name, with one of its operations replaced. */
  const broken = (name: string, kernel: string, compute: () => never): BackendCandidate =>
    unsound(name, async () => {
      tf.registerBackend(name, () => tf.engine().findBackend("wasm"));
      tf.copyRegisteredKernels("wasm", name);
      tf.unregisterKernel(kernel, name);
      tf.registerKernel({ kernelName: kernel, backendName: name, kernelFunc: compute });
    });
  const candidates = [
    unsound("absent", () => import("absent" as string)),
    unsound("throws", () => Promise.reject("no native library\nat all")),
    unsound("elsewhere", async () => {}),
    broken("newer-node", "SplitV", () => {
      throw new TypeError("(0 , util_1.isNullOrUndefined) is not a function");
    }),
    wasm,
  ];
  const { backend, passedOver } = await chooseBackend(candidates);
  expect(backend).toBe("@tensorflow/tfjs-backend-wasm");
  expect(passedOver).toEqual([
    expect.stringMatching(/^absent: ./),
    "throws: no native library",
    "elsewhere: it brings a copy of @tensorflow/tfjs-core of its own",
    "newer-node: a split fails ((0 , util_1.isNullOrUndefined) is not a function)",
  ]);
  expect(tf.getBackend()).toBe("wasm");
});

test("without any, the error tells what is wrong with each and what to do", async () => {
  const candidates = [unsound("one", async () => {}), unsound("two", () => Promise.reject("gone"))];
  const refused = chooseBackend(candidates);
  await expect(refused).rejects.toMatchObject({ code: "ERR_WEIGHTS_UNAVAILABLE" });
  await expect(refused).rejects.toThrow(/npm install.*onnx[\s\S]*one: .*\n\s+two: gone$/);
  await chooseBackend([wasm]);
});

test("values that are wrong are noticed", () => {
  const wrong = Object.create(tf, {
    conv2d: { value: () => tf.zeros([1, 4, 4, 1]) },
  }) as Tfjs;
  expect(() => checkBackend(wrong)).toThrow("a convolution gives wrong values");
  const nothing = Object.create(tf, {
    basicLSTMCell: { value: () => [tf.tensor2d([Number.NaN], [1, 1]), tf.zeros([1, 1])] },
  }) as Tfjs;
  expect(() => checkBackend(nothing)).toThrow("a step of an LSTM gives wrong values");
  expect(() => checkBackend(tf)).not.toThrow();
});

test("loading it leaves the process's own error handling alone", () => {
  // Emscripten's listeners throw the error again; those of the test runner do not.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    const added = process.rawListeners(event as "exit").map(String);
    expect(added.filter((listener) => /throw/.test(listener))).toEqual([]);
  }
});

test("the trial leaves no tensors behind", () => {
  const before = tf.memory().numTensors;
  checkBackend(tf);
  expect(tf.memory().numTensors).toBe(before);
});
