import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import wabt from "wabt";
import { createRandom } from "../../../src/core/random.js";
import {
  type OptimiserOptions,
  openOptimiser,
} from "../../../src/sequence/optimisers/open-optimiser.js";
import type { NamedParameters, Optimiser } from "../../../src/sequence/optimisers/optimiser.js";
import { updateKernelsBase64 } from "../../../src/sequence/optimisers/update-kernels-wasm.js";
import { openWebAssemblyKernels } from "../../../src/sequence/optimisers/webassembly-kernels.js";

const random = createRandom("optimisers");
const normal = (length: number, deviation = 1): Float32Array =>
  Float32Array.from({ length }, () => deviation * random.normal());

/** Parameters of sizes that are no multiples of four, and of all kinds. */
function someParameters(): NamedParameters {
  return {
    "layer0.kernel": { shape: [3, 7], data: normal(21) },
    "layer0.recurrent": { shape: [1, 2, 3], data: normal(6) },
    "layer0.bias": { shape: [5], data: normal(5) },
    "head.bias": { shape: [1], data: normal(1) },
  };
}

function takeSteps(optimiser: Optimiser, gradients: readonly NamedParameters[]): Uint8Array {
  for (const given of gradients) {
    for (const [name, { data }] of Object.entries(given)) {
      optimiser.gradients[name]!.data.set(data);
    }
    optimiser.step(0.01);
  }
  return bytesOf(optimiser.parameters);
}

function bytesOf(parameters: NamedParameters): Uint8Array {
  return Buffer.concat(
    Object.values(parameters).map(({ data }) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    ),
  );
}

/** One parameter, its gradients, one after the other → its values after each step. */
function path(options: OptimiserOptions, start: number, gradients: number[], rate: number) {
  const optimiser = openOptimiser(
    { "a.kernel": { shape: [1], data: Float32Array.of(start) } },
    options,
  );
  return gradients.map((gradient) => {
    optimiser.gradients["a.kernel"]!.data[0] = gradient;
    optimiser.step(rate);
    return optimiser.parameters["a.kernel"]!.data[0]!;
  });
}

const kinds: readonly OptimiserOptions[] = [
  { optimizer: "adam", clip: { by: "global-norm", limit: 2 }, weightDecay: 2 },
  { optimizer: { type: "adamw", beta1: 0.8, beta2: 0.9, epsilon: 1e-3 }, l2: 0.1 },
  { optimizer: "sgd", clip: { by: "norm", limit: 0.5 }, l2: { bias: 0.2, recurrentKernel: 0.3 } },
  { optimizer: { type: "sgd", momentum: 0.7, nesterov: true }, clip: { by: "value", limit: 0.4 } },
  { optimizer: { type: "rmsprop", rho: 0.8 }, weightDecay: 0.5, l2: 0.01 },
];

test("the WebAssembly in the repository is its source, assembled", async () => {
  const source = new URL("../../../src/sequence/optimisers/update-kernels.wat", import.meta.url);
  const { parseWat } = await wabt();
  const module = parseWat("update-kernels.wat", await readFile(source, "utf8"), { simd: true });
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  expect(Buffer.from(buffer).toString("base64")).toBe(updateKernelsBase64);
  expect(openWebAssemblyKernels(16)).toBeDefined();
});

test.each(kinds)("WebAssembly and JavaScript give the same bits: %o", (options) => {
  const parameters = someParameters();
  const gradients = Array.from({ length: 20 }, () =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { shape, data }]) => [
        name,
        { shape, data: normal(data.length, 10 ** random.uniform(-8, 2)) },
      ]),
    ),
  );
  const results = (["webassembly", "javascript"] as const).map((kernels) => {
    const optimiser = openOptimiser(parameters, { ...options, kernels });
    const bytes = takeSteps(optimiser, gradients);
    return Buffer.concat([bytes, bytesOf(optimiser.state().slots)]);
  });
  expect(results[0]!.equals(results[1]!)).toBe(true);
  expect(results[0]!.subarray(0, 84).equals(bytesOf(parameters).subarray(0, 84))).toBe(false);
});

test("Adam takes the steps of the formula, with decoupled decay and the norm clipped, to the bit", () => {
  const parameters = someParameters();
  const optimiser = openOptimiser(parameters, {
    weightDecay: 2,
    clip: { by: "global-norm", limit: 3 },
  });
  const expected = Object.entries(parameters).map(([name, { data }]) => ({
    name,
    values: data.slice(),
    mean: new Float32Array(data.length),
    square: new Float32Array(data.length),
  }));
  for (let step = 1; step <= 10; step++) {
    const gradients = expected.map(({ values }) => normal(values.length, step < 6 ? 1e-3 : 1));
    const all = gradients.flatMap((gradient) => [...gradient]);
    const norm = Math.sqrt(all.reduce((sum, value) => sum + value * value, 0));
    for (const [index, { name, values, mean, square }] of expected.entries()) {
      optimiser.gradients[name]!.data.set(gradients[index]!);
      const kept = name.endsWith("bias") ? 1 : 1 - 0.01 * 2;
      const rate = (0.01 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
      for (let i = 0; i < values.length; i++) {
        const g = gradients[index]![i]! * (norm > 3 ? 3 / norm : 1);
        const m = 0.9 * mean[i]! + (1 - 0.9) * g;
        const v = 0.999 * square[i]! + (1 - 0.999) * g * g;
        mean[i] = m;
        square[i] = v;
        values[i] = kept * values[i]! - (rate * m) / (Math.sqrt(v) + 1e-7);
      }
    }
    expect(optimiser.step(0.01)).toBeCloseTo(norm, 10);
    for (const { name, values } of expected) {
      // While nothing is clipped, the order of the norm's sum does not matter.
      if (step < 6) expect(optimiser.parameters[name]!.data).toEqual(values);
      for (const [i, value] of values.entries()) {
        expect(optimiser.parameters[name]!.data[i]).toBeCloseTo(value, 6);
      }
    }
  }
});

test("gradient descent, momentum and Nesterov's momentum, by hand", () => {
  const plain = path({ optimizer: { type: "sgd", momentum: 0 } }, 1, [2, -1], 0.1);
  expect(plain[0]).toBeCloseTo(0.8, 6);
  expect(plain[1]).toBeCloseTo(0.9, 6);
  // velocity: -0.2, then 0.5 · -0.2 - 0.1 · 1
  const heavy = path({ optimizer: { type: "sgd", momentum: 0.5 } }, 1, [2, 1], 0.1);
  expect(heavy[0]).toBeCloseTo(0.8, 6);
  expect(heavy[1]).toBeCloseTo(0.6, 6);
  const nesterov = { type: "sgd", momentum: 0.5, nesterov: true } as const;
  const ahead = path({ optimizer: nesterov }, 1, [2, 1], 0.1);
  expect(ahead[0]).toBeCloseTo(1 - 0.1 - 0.2, 6);
  expect(ahead[1]).toBeCloseTo(0.7 - 0.1 - 0.1, 6);
});

test("RMSprop divides by the running root mean square, by hand", () => {
  const values = path({ optimizer: { type: "rmsprop", rho: 0.5 } }, 1, [2, 1], 0.1);
  expect(values[0]).toBeCloseTo(1 - 0.2 / Math.sqrt(2), 5);
  expect(values[1]).toBeCloseTo(1 - 0.2 / Math.sqrt(2) - 0.1 / Math.sqrt(1.5), 5);
});

test("l2 is added to the gradient of the kinds it is for, decay goes by the learning rate", () => {
  const sgd = { type: "sgd", momentum: 0 } as const;
  expect(path({ optimizer: sgd, l2: 0.5 }, 4, [1], 0.1)[0]).toBeCloseTo(4 - 0.1 * (1 + 2), 6);
  expect(path({ optimizer: sgd, l2: { bias: 9 } }, 4, [1], 0.1)[0]).toBeCloseTo(3.9, 6);
  expect(path({ optimizer: sgd, weightDecay: 0.5 }, 4, [1], 0.1)[0]).toBeCloseTo(3.8 - 0.1, 6);
  // AdamW decays where nothing is said, Adam does not.
  expect(path({ optimizer: "adamw" }, 4, [0], 0.1)[0]).toBeCloseTo(4 * (1 - 0.001), 6);
  expect(path({ optimizer: "adam" }, 4, [0], 0.1)[0]).toBe(4);
});

test("clipping: together to a norm, each to a norm, each value", () => {
  const moved = (by: "global-norm" | "norm" | "value", limit: number): number[] => {
    const zero = { shape: [2], data: new Float32Array(2) };
    const optimiser = openOptimiser(
      { "a.kernel": zero, "b.kernel": zero },
      { optimizer: { type: "sgd", momentum: 0 }, clip: { by, limit } },
    );
    optimiser.gradients["a.kernel"]!.data.set([3, 0]);
    optimiser.gradients["b.kernel"]!.data.set([0, -4]);
    expect(optimiser.step(1)).toBe(5);
    return Object.values(optimiser.parameters).flatMap(({ data }) => [...data]);
  };
  const closeTo = (expected: number[]) => expected.map((value) => expect.closeTo(value, 5));
  expect(moved("global-norm", 2.5)).toEqual(closeTo([-1.5, 0, 0, 2]));
  expect(moved("norm", 3.5)).toEqual(closeTo([-3, 0, 0, 3.5]));
  expect(moved("value", 1)).toEqual(closeTo([-1, 0, 0, 1]));
  expect(moved("global-norm", Number.POSITIVE_INFINITY)).toEqual(closeTo([-3, 0, 0, 4]));
});

test.each(kinds)("a state that is put back goes on as if nothing had happened: %o", (options) => {
  const parameters = someParameters();
  const gradients = Array.from({ length: 8 }, () =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { shape, data }]) => [
        name,
        { shape, data: normal(data.length) },
      ]),
    ),
  );
  const whole = takeSteps(openOptimiser(parameters, options), gradients);
  const first = openOptimiser(parameters, options);
  takeSteps(first, gradients.slice(0, 3));
  const second = openOptimiser(first.parameters, options);
  second.restore(first.state());
  expect(Buffer.from(takeSteps(second, gradients.slice(3))).equals(whole)).toBe(true);
});

test("a state of other parameters is refused, and changes nothing", () => {
  const optimiser = openOptimiser(someParameters(), {});
  const { slots } = optimiser.state();
  const { "layer0.kernel/square": _, ...others } = slots;
  expect(() => optimiser.restore({ steps: 3, slots: others })).toThrow(/layer0\.kernel\/square/);
  expect(optimiser.state()).toEqual({ steps: 0, slots });
});

test("a gradient that is not finite moves nothing", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      fc.nat(20),
      fc.constantFrom(...kinds),
      fc.constantFrom("webassembly" as const, "javascript" as const),
      (value, index, options, kernels) => {
        const parameters = someParameters();
        const optimiser = openOptimiser(parameters, { ...options, kernels });
        optimiser.gradients["layer0.kernel"]!.data[index] = value;
        expect(Number.isFinite(optimiser.step(0.1))).toBe(false);
        expect(bytesOf(optimiser.parameters)).toEqual(bytesOf(parameters));
        expect(optimiser.state().steps).toBe(0);
      },
    ),
    { numRuns: 30 },
  );
});

test("what is out of range is refused with its name", () => {
  const open = (options: object) => () => openOptimiser(someParameters(), options);
  expect(open({ optimizer: { type: "adam", beta1: 1 } })).toThrow(/beta1/);
  expect(open({ optimizer: { type: "sgd", momentum: -1 } })).toThrow(/momentum/);
  expect(open({ optimizer: "lion" })).toThrow(/adam, adamw, sgd, rmsprop/);
  expect(open({ clip: { by: "norm", limit: 0 } })).toThrow(/clipping/);
  expect(open({ clip: { by: "size", limit: 1 } })).toThrow(/global-norm/);
  expect(open({ weightDecay: Number.NaN })).toThrow(/weightDecay/);
  expect(open({ l2: { kernel: -1 } })).toThrow(/l2/);
});
