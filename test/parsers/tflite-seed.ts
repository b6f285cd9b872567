import {
  addOptions,
  codes,
  convOptions,
  depthwiseOptions,
  float32Bytes,
  int32Bytes,
  type NetworkSpec,
  poolOptions,
} from "../features/tflite-file.js";

/** What test/fixtures/small.tflite holds: operators of all families, and constants of all kinds. */
export const tfliteSeed: NetworkSpec = {
  tensors: [
    { name: "picture", shape: [1, 4, 4, 3] },
    { name: "kernel", shape: [2, 1, 1, 3], data: float32Bytes([1, 2, 3, 4, 5, 6]) },
    { name: "bias", shape: [2], data: float32Bytes([1, 2]) },
    { name: "made", shape: [1, 4, 4, 2] },
    {
      name: "depth;wise",
      shape: [1, 1, 1, 2],
      type: 3,
      data: Uint8Array.of(120, 130),
      quantisation: { scale: [0.5, 0.25], axis: 3 },
    },
    { name: "half", shape: [1, 1, 1, 2], type: 1, data: Uint8Array.of(0, 60, 0, 64) },
    { name: "halves", shape: [1, 1, 1, 2] },
    { name: "seen", shape: [1, 4, 4, 2] },
    { name: "sum", shape: [1, 4, 4, 2] },
    { name: "pool", shape: [1, 2, 2, 2] },
    { name: "flat", shape: [1, 8] },
    { name: "to", shape: [2], type: 2, data: int32Bytes([1, 8]) },
    { name: "weights", shape: [2, 8], data: float32Bytes(Array(16).fill(0.5)) },
    { name: "logits", shape: [1, 2] },
    { name: "odds", shape: [1, 2] },
  ],
  operators: [
    {
      code: codes.conv,
      inputs: ["picture", "kernel", "bias"],
      outputs: ["made"],
      options: convOptions({ activation: "relu6" }),
    },
    { code: codes.dequantize, inputs: ["half"], outputs: ["halves"] },
    {
      code: codes.depthwiseConv,
      inputs: ["made", "depth;wise", ""],
      outputs: ["seen"],
      options: depthwiseOptions({ dilation: [2, 2] }),
    },
    {
      code: codes.add,
      inputs: ["made", "seen"],
      outputs: ["sum"],
      options: addOptions("relu"),
    },
    {
      code: codes.maxPool,
      inputs: ["sum"],
      outputs: ["pool"],
      options: poolOptions({ stride: [2, 2], padding: "VALID" }, [2, 2]),
    },
    { code: codes.reshape, inputs: ["pool", "to"], outputs: ["flat"] },
    { code: codes.fullyConnected, inputs: ["flat", "weights", ""], outputs: ["logits"] },
    { code: codes.softmax, inputs: ["logits"], outputs: ["odds"], options: [[0, "float", 1]] },
  ],
  inputs: ["picture"],
  outputs: ["odds"],
};
