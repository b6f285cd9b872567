import { expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { prepareOnnx } from "../../src/features/onnx-file/prepare-onnx.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, uint8 } from "../../src/onnx/tensor.js";
import { buildGoogLeNet } from "./googlenet.js";

const mean = [104.007, 116.669, 122.679] as const;
const preprocessing = { channels: "bgr", mean } as const;
const pixels = 224 * 224;
const random = createRandom("a picture");
const frame = Uint8Array.from({ length: pixels * 3 }, () => random.integer(0, 255));
const file = buildGoogLeNet();

/** What onnxruntime makes of the whole file, given the frame as Caffe wants it: BGR planes less the mean. */
async function runWhole(): Promise<Record<string, Float32Array>> {
  const data = new Float32Array(frame.length);
  for (let c = 0; c < 3; c++) {
    for (let p = 0; p < pixels; p++) data[c * pixels + p] = frame[p * 3 + 2 - c]! - mean[c]!;
  }
  await using session = await openOnnxSession(file);
  const outputs = await session.run({ data: float32(data, [1, 3, 224, 224]) });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data: values }]) => [name, values as Float32Array]),
  );
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  const difference = actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!)), 0);
  expect(difference / largest).toBeLessThan(1e-5);
}

test("GoogLeNet tapped at pool5 gives what the whole file gives there, for several frames at once", async () => {
  const whole = await runWhole();
  for (const layer of ["pool5/7x7_s1", undefined]) {
    const prepared = await prepareOnnx(file, {
      name: "googlenet.onnx",
      preprocessing,
      ...(layer ? { layer } : {}),
    });
    expect(prepared).toMatchObject({ dimension: 1024, inputSize: 224 });
    expect(prepared.framesAtOnce).toBeUndefined();
    // Without the classifier's million weights.
    expect(file.length - prepared.graph.length).toBeGreaterThan(4e6);
    await using session = await openOnnxSession(prepared.graph);
    const frames = Buffer.concat([frame, frame]);
    const { features } = await session.run({ frames: uint8(frames, [2, 224, 224, 3]) });
    expect(features!.dims).toEqual([2, 1024]);
    const rows = features!.data as Float32Array;
    expectClose(rows.slice(0, 1024), whole["pool5/7x7_s1"]!);
    expectClose(rows.slice(1024), whole["pool5/7x7_s1"]!);
  }
});

test("GoogLeNet's probabilities come frame by frame, since the file is written for one", async () => {
  const whole = await runWhole();
  const prepared = await prepareOnnx(file, {
    name: "googlenet.onnx",
    preprocessing,
    layer: "prob",
  });
  expect(prepared).toMatchObject({ dimension: 1000, inputSize: 224, framesAtOnce: 1 });
  await using session = await openOnnxSession(prepared.graph);
  const { features } = await session.run({ frames: uint8(frame, [1, 224, 224, 3]) });
  expectClose(features!.data as Float32Array, whole.prob!);
});
