import type { ConvolutionSpec } from "./tflite-file.js";

/** A picture of many channels, row-major [height, width, channels]. */
export interface Planes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: readonly number[];
}

/** A kernel as TFLite has it: [out, height, width, in], depthwise [1, height, width, out]. */
export interface Kernel {
  readonly shape: readonly [number, number, number, number];
  readonly values: readonly number[];
  readonly bias?: readonly number[];
  readonly depthwise?: boolean;
}

/** Activations as they are fused into operators. */
export function activate(
  value: number,
  activation: ConvolutionSpec["activation"] = "none",
): number {
  if (activation === "none") return value;
  if (activation === "reluN1To1") return Math.min(Math.max(value, -1), 1);
  return Math.min(Math.max(value, 0), activation === "relu6" ? 6 : Number.POSITIVE_INFINITY);
}

/** The convolution as TensorFlow defines it, slowly: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2 */
export function convolve(input: Planes, kernel: Kernel, spec: ConvolutionSpec): Planes {
  const { stride = [1, 1], dilation = [1, 1], padding = "SAME" } = spec;
  const [outer, kernelHeight, kernelWidth, inner] = kernel.shape;
  const channels = kernel.depthwise ? inner : outer;
  const rows = span(input.height, kernelHeight, stride[0], dilation[0], padding);
  const columns = span(input.width, kernelWidth, stride[1], dilation[1], padding);
  const pixel = (y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= input.height || x >= input.width
      ? 0
      : input.values[(y * input.width + x) * input.channels + c]!;
  const values: number[] = [];
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      for (let o = 0; o < channels; o++) {
        let sum = kernel.bias?.[o] ?? 0;
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            const row = y * stride[0] - rows.before + ky * dilation[0];
            const column = x * stride[1] - columns.before + kx * dilation[1];
            if (kernel.depthwise) {
              const c = Math.floor((o * input.channels) / channels);
              const weight = kernel.values[(ky * kernelWidth + kx) * channels + o]!;
              sum += weight * pixel(row, column, c);
              continue;
            }
            for (let c = 0; c < inner; c++) {
              const at = ((o * kernelHeight + ky) * kernelWidth + kx) * inner + c;
              sum += kernel.values[at]! * pixel(row, column, c);
            }
          }
        }
        values.push(activate(sum, spec.activation));
      }
    }
  }
  return { height: rows.length, width: columns.length, channels, values };
}

/** Pooling as TensorFlow defines it: padding is no part of the average, nor ever the largest. */
export function pool(
  input: Planes,
  kind: "average" | "max",
  [windowHeight, windowWidth]: readonly [number, number],
  spec: ConvolutionSpec,
): Planes {
  const { stride = [1, 1], padding = "SAME" } = spec;
  const { channels } = input;
  const rows = span(input.height, windowHeight, stride[0], 1, padding);
  const columns = span(input.width, windowWidth, stride[1], 1, padding);
  const values: number[] = [];
  for (let y = 0; y < rows.length; y++) {
    for (let x = 0; x < columns.length; x++) {
      for (let c = 0; c < channels; c++) {
        const seen: number[] = [];
        for (let ky = 0; ky < windowHeight; ky++) {
          for (let kx = 0; kx < windowWidth; kx++) {
            const row = y * stride[0] - rows.before + ky;
            const column = x * stride[1] - columns.before + kx;
            if (row < 0 || column < 0 || row >= input.height || column >= input.width) continue;
            seen.push(input.values[(row * input.width + column) * channels + c]!);
          }
        }
        const sum = seen.reduce((a, b) => a + b, 0);
        const value = kind === "max" ? Math.max(...seen) : sum / seen.length;
        values.push(activate(value, spec.activation));
      }
    }
  }
  return { height: rows.length, width: columns.length, channels, values };
}

/** Mean over height and width: one value a channel. */
export function meanOf({ height, width, channels, values }: Planes): number[] {
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += values[i]!;
    return sum / (height * width);
  });
}

/** How long an output is, and how much padding lies before the input. */
function span(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: "SAME" | "VALID",
): { length: number; before: number } {
  const extent = (kernel - 1) * dilation + 1;
  if (padding === "VALID") return { length: Math.ceil((input - extent + 1) / stride), before: 0 };
  const length = Math.ceil(input / stride);
  const missing = Math.max((length - 1) * stride + extent - input, 0);
  return { length, before: Math.floor(missing / 2) };
}
