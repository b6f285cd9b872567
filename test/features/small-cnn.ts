import { normal } from "./int8-networks.js";
import { codes, convOptions, float32Bytes, writeTflite } from "./tflite-file.js";

/** Side of the frames that the network of {@link writeSmallCnn} takes, in pixels. */
export const smallCnnSize = 32;

/** A network of two convolutions as a TFLite file; it gives 16 values a frame. */
export function writeSmallCnn(): Uint8Array {
  const half = smallCnnSize / 2;
  const constant = (name: string, shape: number[]) => {
    const n = shape.reduce((a, b) => a * b, 1);
    return { name, shape, data: float32Bytes([...normal(name, n, 2 / Math.sqrt(n / 16))]) };
  };
  return writeTflite({
    tensors: [
      { name: "input", shape: [1, smallCnnSize, smallCnnSize, 3] },
      constant("first kernel", [16, 3, 3, 3]),
      constant("first bias", [16]),
      { name: "first", shape: [1, half, half, 16] },
      constant("second kernel", [16, 3, 3, 16]),
      constant("second bias", [16]),
      { name: "second", shape: [1, half, half, 16] },
    ],
    operators: [
      {
        code: codes.conv,
        inputs: ["input", "first kernel", "first bias"],
        outputs: ["first"],
        options: convOptions({ stride: [2, 2], activation: "relu6" }),
      },
      {
        code: codes.conv,
        inputs: ["first", "second kernel", "second bias"],
        outputs: ["second"],
        options: convOptions({ activation: "relu" }),
      },
    ],
    inputs: ["input"],
    outputs: ["second"],
  });
}
