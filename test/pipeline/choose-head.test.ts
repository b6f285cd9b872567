import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import type { PlacedExample } from "../../src/pipeline/check-examples.js";
import { chooseHead, keepBlocks } from "../../src/pipeline/choose-head.js";
import { headCandidates, selectionFolds, toldStreams } from "../../src/pipeline/head-candidates.js";
import { mirrored, mirrorOf } from "../../src/pipeline/mirrored-blocks.js";
import { selectHead } from "../../src/pipeline/select-head.js";
import { wantedHead } from "../../src/pipeline/wanted-head.js";

const steps = 8;
const classes = ["fall", "rise"];
const blocks = [
  { name: "rgb", dimension: 6 },
  { name: "difference", dimension: 4 },
];

/** Clips whose first block is noise, and whose second one rises or falls with time; two clips a group. */
function clips(count: number, groups = count / 2): PlacedExample[] {
  const random = createRandom("clips to choose by");
  return Array.from({ length: count }, (_, index) => {
    const rises = index % 2 === 1;
    const features = Float32Array.from({ length: steps * 10 }, (_v, i) => {
      const slope = (Math.floor(i / 10) / (steps - 1) - 0.5) * (rises ? 1 : -1);
      return random.normal() + (i % 10 === 7 ? 6 * slope : 0);
    });
    const digest = String(index).padStart(64, "0");
    const group = `g${Math.floor(index / 2) % groups}`;
    const label = classes[rises ? 1 : 0]!;
    return {
      ...{ name: digest, digest, content: digest, group, label, features, dimension: 10 },
      split: "train" as const,
    };
  });
}

test("what is taken sees the stream that tells, and the table shows that the other does not", async () => {
  const examples = clips(24);
  const folds = selectionFolds(examples, 1)!;
  const candidates = headCandidates(blocks, "auto");
  const selection = await chooseHead(examples, { classes, blocks, folds, candidates, seed: 1 });
  expect(selection).toMatchObject({ folds: 4, n: 24 });
  const [rgb, ...others] = selection.candidates;
  expect(rgb).toMatchObject({ head: "linear", streams: ["rgb"] });
  expect(rgb!.accuracy).toBeLessThan(0.75);
  expect(others.map(({ head }) => head)).toEqual(["linear", "linear", "recurrent", "ensemble"]);
  const taken = selection.candidates[selection.chosen]!;
  expect(taken.streams).toEqual(["rgb", "difference"]);
  expect(taken.accuracy).toBeGreaterThan(0.9);
});

test("candidates are the first stream, it with each other, and all; a network of all alone", () => {
  const told = (names: string, head: Parameters<typeof headCandidates>[1]): string[] =>
    headCandidates(
      names.split(" ").map((name) => ({ name, dimension: 1 })),
      head,
    ).map((candidate) => `${candidate.head} ${toldStreams(candidate)}`.replaceAll(" + ", ","));
  expect(told("a b c d", "auto")).toEqual([
    "linear a",
    ...["linear a,b", "linear a,c", "linear a,d"],
    ...["linear a,b,c,d", "recurrent a,b,c,d", "ensemble a,b,c,d"],
  ]);
  expect(told("a b", "linear")).toEqual(["linear a", "linear a,b"]);
  expect(told("a", "auto")).toEqual(["linear a", "recurrent a", "ensemble a"]);
  expect(told("a b c d", "ensemble")).toEqual(["ensemble a,b,c,d"]);
  // What is seen and what moves count twice in turn, beside something else.
  expect(told("rgb motion", "auto")).toEqual([
    ...["linear rgb", "linear rgb twice,motion", "linear rgb,motion twice", "linear rgb,motion"],
    ...["recurrent rgb,motion", "ensemble rgb,motion"],
  ]);
  expect(told("rgb", "linear")).toEqual(["linear rgb"]);
});

test("a group is never in two folds", () => {
  const examples = clips(32);
  const folds = selectionFolds(examples, 3)!;
  for (const [i, { group }] of examples.entries()) {
    expect(folds[examples.findIndex((other) => other.group === group)]).toBe(folds[i]);
  }
});

test("with too few clips or groups nothing is chosen: the network of the first stream, and a line that says so", async () => {
  expect(selectionFolds(clips(6), 1)).toBeUndefined();
  expect(selectionFolds(clips(32, 1), 1)).toBeUndefined();
  const said: string[] = [];
  const features = { kind: "sequence", dimension: 10 } as const;
  const wanted = wantedHead({}, "video");
  const selected = await selectHead(
    clips(6),
    features,
    wanted,
    { classes, seed: 1 },
    {
      onWarning: (message) => said.push(message),
    },
  );
  expect(selected.head).toBe("recurrent");
  expect(selected.selection).toBeUndefined();
  expect(said.join()).toMatch(/too few to choose/);
});

test("an option of the network means the network on the frames alone; what contradicts it is refused", () => {
  expect(wantedHead({}, "video")).toEqual({
    head: "recurrent",
    choice: "auto",
    takesAllStreams: true,
  });
  for (const options of [
    { hidden: 8 },
    { rnn: "gru" },
    { output: "sequence" },
    { head: "recurrent" },
  ] as const) {
    expect(wantedHead(options, "video")).toEqual({ head: "recurrent", takesAllStreams: false });
  }
  expect(wantedHead({}, "sequence").choice).toBeUndefined();
  expect(wantedHead({ keyframes: true }, "video").takesAllStreams).toBe(false);
  expect(wantedHead({ head: "linear", streams: ["rgb"] }, "video").choice).toBeUndefined();
  expect(() => wantedHead({ head: "linear", hidden: 8 }, "video")).toThrow(/hidden is for/);
  expect(() => wantedHead({ head: "ensemble", rnn: "meanpool" }, "video")).toThrow(/meanpool/);
  expect(() => wantedHead({ head: "best" as "auto" }, "video")).toThrow(/auto, recurrent, linear/);
});

test("a clip keeps the values of the streams that are taken", () => {
  const clip = { label: "rise", features: Float32Array.from({ length: 20 }, (_, i) => i) };
  expect([...keepBlocks(clip, blocks, ["difference"]).features]).toEqual([
    6, 7, 8, 9, 16, 17, 18, 19,
  ]);
});

test("the mirror image of the mirror image is the clip; what goes right in the left column goes left in the right one", () => {
  const mirror = mirrorOf([
    { name: "rgb", dimension: 2 },
    { name: "motion", dimension: 400 },
    { name: "cuboids", dimension: 3 },
  ])!;
  const features = Float32Array.from({ length: 405 }, (_, i) => i);
  expect(mirrored(mirrored(features, mirror), mirror)).toEqual(features);
  // Cell 0, to the right, and cell 3, to the left, of 9 bins each; cell 0 standing still, and cell 3.
  expect([mirror[0], mirror[2], mirror[2 + 8]]).toEqual([0, 2 + 3 * 9 + 4, 2 + 3 * 9 + 8]);
  // Slopes of the flow to the right: what it is along x stays, as it turns round twice.
  expect(mirror[2 + 144]).toBe(2 + 144 + 3 * 8);
  // Cuboids are seen both ways already.
  expect([...mirror.subarray(402)]).toEqual([402, 403, 404]);
  expect(mirrorOf([{ name: "rgb", dimension: 2 }])).toBeUndefined();
});
