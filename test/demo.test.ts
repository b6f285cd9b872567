import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabelledVideo, label, openModel } from "muybridge";
import { expect, test } from "vitest";
import { reversedPairs } from "../datasets/motions/actions.js";
import { createLibavDecoder } from "../src/frames/libav-decoder.js";
import { writeVideo } from "../src/frames/video-writer.js";
import { runProgram } from "./cli/run-program.js";
import { sharedDirectory } from "./frames/shared-directory.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const out = join(root, "demo");

/** Minutes the whole may take on a slow machine. */
const patience = 30;

interface DemoFigures {
  readonly clips: number;
  readonly bilstm: { readonly accuracy: number };
  readonly meanPool: { readonly accuracy: number };
  readonly pairs: { readonly bilstm: number; readonly meanPool: number };
}

test(
  "the demo, from nothing: the BiLSTM tells what people do who it has not seen; the mean over time does not",
  async () => {
    const { code, stdout, stderr } = await runProgram(["demo", "--out", out, "--json"], {
      cacheDir,
    });
    expect(code, stderr).toBe(0);
    const figures = JSON.parse(stdout) as DemoFigures;
    console.log(stdout.trim());
    expect(figures.clips).toBeGreaterThanOrEqual(150);
    expect(figures.bilstm.accuracy).toBeGreaterThanOrEqual(0.9);
    expect(figures.pairs.bilstm).toBeGreaterThanOrEqual(0.9);
    expect(figures.meanPool.accuracy).toBeLessThan(0.75);
    expect(figures.pairs.meanPool).toBeGreaterThan(0.3);
    expect(figures.pairs.meanPool).toBeLessThan(0.7);
    const labels = (await readFile(join(out, "labels.jsonl"), "utf8")).trim().split("\n");
    expect(labels).toHaveLength(figures.clips);
    for (const line of labels) {
      const { label: told, cached } = JSON.parse(line) as LabelledVideo;
      expect(typeof told).toBe("string");
      expect(cached.features).toBe(true);
    }
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("data:image/jpeg;base64,");
  },
  patience * 60_000,
);

test("a second run is answered from what the first one left", async () => {
  const events: string[] = [];
  const { code, stdout, stderr } = await runProgram(
    ["demo", "--out", out, "--json", "--progress", "json"],
    { cacheDir },
  );
  expect(code, stderr).toBe(0);
  for (const line of stderr.split("\n").filter((text) => text.startsWith("{"))) {
    events.push((JSON.parse(line) as { progress: { stage: string } }).progress.stage);
  }
  expect(events).not.toContain("train");
  expect(events).not.toContain("features");
  expect((JSON.parse(stdout) as DemoFigures).clips).toBeGreaterThan(0);
}, 120_000);

test("clips of the reversed pairs, played backwards, get the other label of their pair", async () => {
  await using model = await openModel(join(out, "model"));
  const backwards = join(root, "backwards");
  await mkdir(backwards);
  const labels = (await readFile(join(out, "labels.jsonl"), "utf8")).trim().split("\n");
  const results = labels.map((line) => JSON.parse(line) as LabelledVideo);
  const partner = new Map(
    reversedPairs.slice(0, 2).flatMap(([a, b]) => [
      [a, b],
      [b, a],
    ]),
  );
  const expected: string[] = [];
  const paths: string[] = [];
  for (const [action, other] of partner) {
    const right = results.filter(
      (result) => result.path.includes(`${action}_p`) && result.label === action,
    );
    for (const { path } of right.slice(0, 5)) {
      const target = join(backwards, `${paths.length}.mp4`);
      await writeVideo(target, (await framesOf(path)).reverse(), {
        width: 320,
        height: 240,
        frameRate: 25,
      });
      paths.push(target);
      expected.push(other!);
    }
  }
  expect(paths.length).toBeGreaterThanOrEqual(16);
  let hits = 0;
  let index = 0;
  for await (const result of label(paths, { model, cacheDir })) {
    if ("label" in result && result.label === expected[index]) hits += 1;
    index += 1;
  }
  expect(hits / paths.length).toBeGreaterThanOrEqual(0.9);
}, 300_000);

async function framesOf(path: string): Promise<Uint8Array[]> {
  const output = {
    plan: { fps: 25 },
    width: 320,
    height: 240,
    pixelFormat: "rgb24",
    fit: "stretch",
  } as const;
  const frames: Uint8Array[] = [];
  const size = 320 * 240 * 3;
  for await (const batch of createLibavDecoder().decode(path, [output])) {
    for (let i = 0; i < batch.n; i++) frames.push(batch.frames.slice(i * size, (i + 1) * size));
  }
  return frames;
}
