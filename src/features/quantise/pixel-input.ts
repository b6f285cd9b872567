import {
  floatsOf,
  integersOf,
  integersOfAttribute,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
} from "../../onnx/read-model.js";

/** How the bytes of the frames become a convolution's input: channel c is frames' channel order[c] * factor + offset. */
export interface PixelInput {
  /** The value that holds them: uint8 [n, 3, height, width]. */
  readonly planes: string;
  /** The graph's input, uint8 [n, height, width, 3]. */
  readonly frames: string;
  readonly order: readonly number[];
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
  /** The byte that stands for 0, with which the picture's edge is padded. */
  readonly zero: number;
}

/** Channels of a frame. */
const channels = 3;

/**
 * Levels of a byte that the zero of a colour may lie from that of all. Inside the picture the bias makes up for
 * it; only what lies beyond the edge is off. ImageNet's means lie up to 11 apart from their middle, and 24 were
 * measured to change the features no more than rounding does.
 */
const zeroTolerance = 16;

/**
 * Whether a value is made of the frames as `addPreprocessing` does it: Transpose, Cast, Gather (of the colours,
 * where they are swapped), Mul, Add; undefined where it is not, or where the colours' zeros are no bytes or lie
 * apart.
 */
export function findPixelInput(
  { graph }: ModelMessage,
  constants: ReadonlyMap<string, TensorMessage>,
  value: string,
): PixelInput | undefined {
  const made = new Map(graph.node.map((node) => [node.output[0] ?? "", node]));
  let current = value;
  const before = (opType: string): NodeMessage | undefined => {
    const node = made.get(current);
    if (node?.opType !== opType) return undefined;
    current = node.input[0] ?? "";
    return node;
  };
  const offsets = perChannel(constants.get(before("Add")?.input[1] ?? ""));
  const factors = perChannel(constants.get(before("Mul")?.input[1] ?? ""));
  const gather = before("Gather");
  const order = gather ? integersOf(constants.get(gather.input[1] ?? "")) : [0, 1, 2];
  if (!offsets || !factors || !before("Cast")) return undefined;
  const planes = current;
  const transposed = before("Transpose");
  const isFrames = graph.input.length === 1 && graph.input[0]!.name === current;
  const perm = transposed && integersOfAttribute(transposed, "perm", []);
  if (!isFrames || perm?.join() !== "0,3,1,2" || order?.toSorted().join() !== "0,1,2") {
    return undefined;
  }
  const zeros = offsets.map((offset, c) => -offset / factors[c]!);
  const zero = Math.round(zeros.reduce((a, b) => a + b, 0) / channels);
  const near = zeros.every((one) => Math.abs(one - zero) <= zeroTolerance);
  if (!near || zero < 0 || zero > 255) return undefined;
  return { planes, frames: current, order, factors, offsets, zero };
}

/** One number for all channels, or one each. */
function perChannel(tensor: TensorMessage | undefined): number[] | undefined {
  const values = floatsOf(tensor);
  if (values?.length === 1) return Array<number>(channels).fill(values[0]!);
  return values?.length === channels ? [...values] : undefined;
}

/** A convolution's weights, [out, in, height, width], and a bias for each output channel. */
export interface Kernel {
  readonly shape: readonly [out: number, inner: number, height: number, width: number];
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** A kernel that works on the bytes themselves, as values (byte - zero) * scale. */
export interface PixelKernel extends Kernel {
  readonly scale: number;
  readonly zero: number;
}

/** Moves the preprocessing into a kernel of 3 input channels. */
export function pixelKernel(
  { shape, weights, bias }: Kernel,
  { order, factors, offsets, zero }: PixelInput,
): PixelKernel {
  const [, , height, width] = shape;
  const scale = Math.fround(Math.abs(factors[0]!));
  const area = height * width;
  const changed = new Float32Array(weights.length);
  const shifted = bias.slice();
  for (const [i, weight] of weights.entries()) {
    const c = Math.floor(i / area) % channels;
    const o = Math.floor(i / (area * channels));
    const position = (o * channels + order[c]!) * area + (i % area);
    changed[position] = (weight * factors[c]!) / scale;
    // byte * factor + offset = (byte - zero) * factor + (zero * factor + offset)
    shifted[o]! += weight * (zero * factors[c]! + offsets[c]!);
  }
  return { shape, weights: changed, bias: shifted, scale, zero };
}
