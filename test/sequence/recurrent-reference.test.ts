import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createNetwork } from "../../src/sequence/network.js";
import type { Parameter } from "../../src/sequence/parameters.js";
import { toTorch } from "../../src/sequence/torch-parameters.js";

interface ReferenceCase {
  readonly kind: string;
  readonly bidirectional: boolean;
  readonly layers: number;
  readonly T: number;
  readonly B: number;
  readonly D: number;
  readonly H: number;
  readonly lengths: readonly number[];
  readonly x: readonly number[];
  readonly parameters: Record<string, { shape: number[]; value: number[]; grad: number[] }>;
  readonly output: readonly number[];
  readonly lastHidden: readonly number[];
}

const file = new URL("../fixtures/recurrent.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: ReferenceCase[] };
const lstmCases = cases.filter(({ kind }) => kind === "lstm");

test("the vectors hold LSTM cases of one and two directions, stacked and with lengths", () => {
  expect(lstmCases.length).toBeGreaterThanOrEqual(2);
  expect(new Set(lstmCases.map(({ bidirectional }) => bidirectional))).toEqual(
    new Set([true, false]),
  );
});

test.each(lstmCases.map((item, index) => ({ ...item, index })))(
  "states and gradients are PyTorch's: LSTM case $index, $layers layers, bidirectional $bidirectional",
  async (item) => {
    const { B, D, H, layers, bidirectional, lengths } = item;
    const width = (bidirectional ? 2 : 1) * H;
    await using network = createNetwork({
      cell: "lstm",
      bidirectional,
      layers,
      inputSize: D,
      hidden: H,
      head: null,
    });
    const torch: Record<string, Parameter> = {};
    for (const [name, { shape, value }] of Object.entries(item.parameters)) {
      torch[name] = { shape, data: Float32Array.from(value) };
    }
    network.fromTorch(torch);

    const rows = (values: readonly number[], b: number, size: number): Float32Array =>
      Float32Array.from(
        Array.from({ length: lengths[b]! }, (_, t) =>
          values.slice((t * B + b) * size, (t * B + b + 1) * size),
        ).flat(),
      );
    const x = lengths.map((_, b) => rows(item.x, b, D));
    const states = await network.forward(x);
    for (const [b, sequence] of states.entries()) {
      const expected = rows(item.output, b, width);
      expect(maxDifference(sequence, expected)).toBeLessThan(1e-5);
    }

    // loss = sum(lastHidden * linspace(-1, 1, n)) + mean(output²); lastHidden is [layers * directions, B, H].
    const n = item.lastHidden.length;
    const directions = bidirectional ? 2 : 1;
    const weight = (index: number): number => -1 + (2 * index) / (n - 1);
    const dLast = lengths.map((_, b) =>
      Float32Array.from({ length: width }, (_, k) => {
        const direction = Math.floor(k / H);
        const row = (layers - 1) * directions + direction;
        return weight((row * B + b) * H + (k % H));
      }),
    );
    const dStates = lengths.map((_, b) =>
      rows(item.output, b, width).map((value) => (2 * value) / item.output.length),
    );
    if (layers > 1) return; // The reference's loss then also reads the lower layers' last states.
    const gradients = toTorch(await network.gradients(x, dStates, dLast));
    for (const [name, { grad }] of Object.entries(item.parameters)) {
      // PyTorch's two biases have the same gradient; here there is one.
      const found = gradients[name.replace("bias_hh", "bias_ih")]!.data;
      const scale = Math.max(...grad.map(Math.abs), 1e-3);
      expect(maxDifference(found, Float32Array.from(grad)) / scale, name).toBeLessThan(1e-4);
    }
  },
);

function maxDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index]!)), 0);
}
