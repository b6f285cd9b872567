import { copyFile, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate, type Model, openDataset, openModel, type TrainOptions, train } from "muybridge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256OfFile } from "../../src/core/digest.js";
import { smallCnnSize, writeSmallCnn } from "../features/small-cnn.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeCsvRamps } from "./csv-ramps.js";
import { writeGrowingSquares, writeSquare } from "./growing-squares.js";

const root = sharedDirectory();
const run = { cacheDir: join(root, "cache"), jobs: 1 };
const kept = join(root, "kept");
const more = join(root, "more");
let features: TrainOptions;
let base: Model;

/**
 * Squares that grow and shrink, one of the files as two parts, learned from and then removed but for one training clip a class;
 * and more clips: of a new class, and one of a group that the model knows.
 */
beforeAll(async () => {
  const old = join(root, "old");
  await writeGrowingSquares(old, 4);
  const rows = ["path,label,start,end"];
  for (const label of ["grow", "shrink"]) {
    const [first, ...others] = (await readdir(join(old, label))).sort();
    rows.push(`${label}/${first},${label},,1`, `${label}/${first},${label},1.2,`);
    rows.push(...others.map((name) => `${label}/${name},${label},,`));
  }
  await writeFile(join(old, "manifest.csv"), rows.join("\n"));
  await mkdir(join(more, "still"), { recursive: true });
  for (const clip of [1, 2, 3]) {
    await writeSquare(join(more, "still", `${clip}.mp4`), "grow", `still ${clip}`);
  }
  await mkdir(join(more, "grow"));
  await writeSquare(join(more, "grow", "v_grow_g02_c03.mp4"), "grow", "one more");
  await writeFile(join(root, "small.tflite"), writeSmallCnn());
  features = {
    cnn: join(root, "small.tflite"),
    preprocessing: { inputSize: smallCnnSize },
    count: 4,
  };
  const network = { rnn: "gru", hidden: 3, epochs: 2 } as const;
  await using trained = await train(await openDataset(old), { ...run, ...features, ...network });
  await trained.save(join(root, "base"));
  base = await openModel(join(root, "base"));
  for (const label of ["grow", "shrink"]) {
    await mkdir(join(kept, label), { recursive: true });
    for (const name of await readdir(join(old, label))) {
      const file = join(old, label, name);
      const digest = await sha256OfFile(file);
      const learned = digest in base.record.clips && base.record.splits[digest] === "train";
      if (learned) await copyFile(file, join(kept, label, "one.mp4"));
    }
  }
  await rm(old, { recursive: true });
});
afterAll(() => base.close());

test("a class is added to a model whose videos are gone: their features are in the cache", async () => {
  const warnings: string[] = [];
  const dataset = await openDataset(more);
  await using model = await train(dataset, {
    ...run,
    from: base,
    epochs: 2,
    onWarning: (message) => warnings.push(message),
  });
  expect(warnings).toEqual([]);
  expect(model.classes).toEqual(["grow", "shrink", "still"]);
  // Made as the model's: its features, its network.
  expect(model.record.features).toEqual(base.record.features);
  expect(model.record.network).toEqual(base.record.network);
  expect(model.record.training.from).toBe(base.digest);
  // Every old clip keeps its side, and the one of a known group comes to its side.
  expect(model.record.splits).toMatchObject(base.record.splits);
  expect(model.record.clips).toMatchObject(base.record.clips);
  const sideOf = (clip: (each: Model["record"]["clips"][string]) => boolean): Set<string> =>
    new Set(
      Object.entries(model.record.clips).flatMap(([digest, each]) =>
        clip(each) ? [model.record.splits[digest]!] : [],
      ),
    );
  expect(sideOf(({ group }) => group === "grow/g02").size).toBe(1);
  expect(sideOf(({ label }) => label === "still")).toContain("train");
  const { train: learned, validation, test: held } = model.record.training.data.clips;
  expect(learned + validation + held).toBe(18 + 4);
  // The new model can be saved, opened, and learned from in its turn; the same again is the same model.
  await model.save(join(root, "second"));
  await using second = await openModel(join(root, "second"));
  await using again = await train(dataset, { ...run, from: base, epochs: 2 });
  expect(again.digest).toBe(second.digest);
  const known = await evaluate(second, await openDataset(kept), { ...run, split: "all" });
  expect(known.n).toBe(2);
});

test("old clips that are not in the cache are told in number, and a class of which none is left by name", async () => {
  const other = { ...run, cacheDir: join(root, "other cache") };
  const nothing = train(await openDataset(more), { ...other, from: base });
  await expect(nothing).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(/^No training clip is left of (grow, )?shrink: .*add them to/),
  });
  // With a clip of each given along there is something to learn from.
  const both = join(root, "both");
  await cp(kept, both, { recursive: true });
  await cp(more, both, { recursive: true });
  const warnings: string[] = [];
  await using model = await train(await openDataset(both), {
    ...other,
    from: base,
    rnn: "meanpool",
    onWarning: (message) => warnings.push(message),
  });
  const { train: learned, validation } = base.record.training.data.clips;
  const wanted = learned + validation - 2;
  expect(warnings).toEqual([
    expect.stringMatching(
      new RegExp(`^${wanted} of the ${wanted} clips .* are not in the cache, and are left out`),
    ),
  ]);
  expect(model.record.network).toBe(null);
  expect(model.record.splits).toMatchObject(base.record.splits);
});

test("features are the model's to say, and sequences are none of its videos", async () => {
  const dataset = await openDataset(more);
  await expect(train(dataset, { ...run, from: base, count: 8 })).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "count",
  });
  await writeCsvRamps(join(root, "ramps"), 4);
  const sequences = await openDataset(join(root, "ramps"));
  await expect(train(sequences, { ...run, from: base })).rejects.toMatchObject({
    code: "ERR_MODEL_MISMATCH",
  });
});
