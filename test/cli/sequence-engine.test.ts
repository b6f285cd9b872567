import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares } from "../pipeline/growing-squares.js";
import { runProgram } from "./run-program.js";

const root = sharedDirectory();
const data = join(root, "squares");
const environment = { cacheDir: join(root, "cache") };
const settings = ["--hidden", "8", "--epochs", "4", "--batch-size", "4", "--lr", "0.01"];

const train = (out: string, ...more: string[]) =>
  runProgram(
    ["train", data, "--out", join(root, out), "--count", "6", "--json", ...settings, ...more],
    environment,
  );

beforeAll(() => writeGrowingSquares(data, 4));

test("train --engine tfjs comes to what train comes to, and its model labels", async () => {
  const [ours, theirs] = [await train("onnx"), await train("tfjs", "--engine", "tfjs")];
  expect(ours.code, ours.stderr).toBe(0);
  expect(theirs.code, theirs.stderr).toBe(0);
  const [a, b] = [JSON.parse(ours.stdout), JSON.parse(theirs.stdout)];
  expect(a.training.engine).toBeUndefined();
  expect(b.training.engine).toBe("tfjs");
  expect(b.training.history).toHaveLength(4);
  for (const [epoch, { loss, validationLoss }] of a.training.history.entries()) {
    expect(b.training.history[epoch].loss).toBeCloseTo(loss, 3);
    expect(b.training.history[epoch].validationLoss).toBeCloseTo(validationLoss, 3);
  }
  const labels = [];
  for (const model of ["onnx", "tfjs"]) {
    const labelled = await runProgram(["label", join(root, model), data], environment);
    expect(labelled.code, labelled.stderr).toBe(0);
    labels.push(
      labelled.stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { label: string; confidence: number }),
    );
  }
  expect(labels[1]!.map(({ label }) => label)).toEqual(labels[0]!.map(({ label }) => label));
  for (const [i, { confidence }] of labels[0]!.entries()) {
    expect(labels[1]![i]!.confidence).toBeCloseTo(confidence, 2);
  }
});

test("a GRU, which TensorFlow.js has of another kind, is wrong usage and says what to do", async () => {
  const { code, stderr } = await train("gru", "--engine", "tfjs", "--rnn", "gru");
  expect(code).toBe(2);
  expect(stderr).toMatch(/ERR_USAGE: .*resets the state before.*choose onnx/);
});
