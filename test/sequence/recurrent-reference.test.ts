import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createNetwork } from "../../src/sequence/network.js";
import type { Cell } from "../../src/sequence/network-shape.js";
import type { Parameter } from "../../src/sequence/parameters.js";
import { toTorch } from "../../src/sequence/torch-parameters.js";

interface ReferenceCase {
  readonly kind: Cell;
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

test("the vectors hold every cell in one and two directions, stacked layers, and different lengths", () => {
  const kinds = cases.map(({ kind, bidirectional }) => `${kind} ${bidirectional}`);
  for (const kind of ["rnn", "lstm", "gru"]) {
    expect(kinds).toContain(`${kind} true`);
    expect(kinds).toContain(`${kind} false`);
  }
  expect(cases.some(({ layers }) => layers > 1)).toBe(true);
  expect(cases.some(({ lengths }) => new Set(lengths).size > 1)).toBe(true);
});

test.each(cases.map((item, index) => ({ ...item, index })))(
  "states and gradients are PyTorch's: case $index, $kind, $layers layers, bidirectional $bidirectional",
  async (item) => {
    const { kind, B, D, H, layers, bidirectional, lengths } = item;
    const width = (bidirectional ? 2 : 1) * H;
    await using network = createNetwork({
      cell: kind,
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
    const weight = (index: number): number => -1 + (2 * index) / (n - 1);
    const dLast = lengths.map((_, b) =>
      Float32Array.from({ length: layers * width }, (_, k) =>
        weight((Math.floor(k / H) * B + b) * H + (k % H)),
      ),
    );
    const dStates = lengths.map((_, b) =>
      rows(item.output, b, width).map((value) => (2 * value) / item.output.length),
    );
    const named = await network.gradients(x, dStates, dLast);
    const gradients = toTorch({ ...network.shape, head: null }, named);
    for (const [name, { grad }] of Object.entries(item.parameters)) {
      // PyTorch's two biases have the same gradient, but in GRU's candidate; here there is one.
      const isInner = kind === "gru" && name.startsWith("bias_hh");
      const found = gradients[isInner ? name : name.replace("bias_hh", "bias_ih")]!.data;
      const from = isInner ? 2 * H : 0;
      const expected = Float32Array.from(grad.slice(from));
      const scale = Math.max(...grad.map(Math.abs), 1e-3);
      expect(maxDifference(found.slice(from), expected) / scale, name).toBeLessThan(1e-4);
    }
  },
);

function maxDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index]!)), 0);
}
