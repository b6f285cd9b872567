import type { FrameOutput } from "./decoder.js";
import type { ProbedVideo } from "./ffprobe-report.js";
import { channelsOf } from "./frame-batches.js";
import { type Placement, scalingAlgorithm } from "./frame-geometry.js";

/** Names of the two filters that tell, in the log, of every frame and of those that are written. */
export const allFrames = "all";
export const writtenFrames = "written";

/** Every so many frames one is written even if nobody wants it: a program that writes nothing may not notice that its reader is gone. */
const signOfLife = 250;

/** A part of the time, in seconds on the file's own clock, both ends included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What the program makes of a frame: the pictures of all outputs, below each other on one canvas. */
export interface FrameGraph {
  /** In FFmpeg's filter graph syntax; its result is called `[out]`. */
  readonly description: string;
  /** Bytes of a canvas. */
  readonly bytes: number;
  /** The scaled picture of an output on a canvas: uint8 [scaledHeight, scaledWidth, channels] of its placement. */
  pictureOf(canvas: Uint8Array, output: number): Uint8Array;
}

/**
 * Describes the way of a frame: told in the log, chosen by its time, told again, scaled for each output.
 *
 * @param placements of each output, how the pictures are scaled
 * @param wanted which frames are written; all where it is undefined
 */
export function describeFilterGraph(
  video: Pick<ProbedVideo, "streamIndex" | "chromaLocation">,
  outputs: readonly FrameOutput[],
  placements: readonly Placement[],
  wanted: readonly Interval[] | undefined,
): FrameGraph {
  const select = wanted === undefined ? "" : `select='${selection(wanted)}',`;
  const source =
    `[0:${video.streamIndex}]showinfo@${allFrames}=checksum=0,${select}` +
    `showinfo@${writtenFrames}=checksum=0,setpts=N`;
  const scales = outputs.map((output, i) => scale(output, placements[i]!, video.chromaLocation));
  if (outputs.length <= 1) {
    const [output] = outputs;
    const { scaledWidth, scaledHeight } = placements[0] ?? { scaledWidth: 1, scaledHeight: 1 };
    return {
      // Without any output, the frames are still decoded to the end.
      description: `${source},${scales[0] ?? "scale=1:1,format=gray"}[out]`,
      bytes: scaledWidth * scaledHeight * (output ? channelsOf(output) : 1),
      pictureOf: (canvas) => canvas,
    };
  }
  const width = Math.max(...placements.map(({ scaledWidth }) => scaledWidth));
  const tops: number[] = [];
  let height = 0;
  for (const { scaledHeight } of placements) {
    tops.push(height);
    height += scaledHeight;
  }
  const branches = outputs.map(
    (_, i) => `[s${i}]${scales[i]},format=rgb24,pad=${width}:${placements[i]!.scaledHeight}[p${i}]`,
  );
  const labels = (name: string): string => outputs.map((_, i) => `[${name}${i}]`).join("");
  return {
    description: [
      `${source},split=${outputs.length}${labels("s")}`,
      ...branches,
      `${labels("p")}vstack=inputs=${outputs.length}[out]`,
    ].join(";"),
    bytes: width * height * 3,
    pictureOf: (canvas, output) =>
      cutOut(canvas, width, tops[output]!, placements[output]!, channelsOf(outputs[output]!)),
  };
}

/** Places of the colours that are not the middle of their pixels, as options of the scale filter, in 256ths of a pixel. */
const chromaPositions: Readonly<Record<string, string>> = {
  left: ":in_h_chr_pos=0",
  topleft: ":in_h_chr_pos=0:in_v_chr_pos=0",
  top: ":in_v_chr_pos=0",
  bottomleft: ":in_h_chr_pos=0:in_v_chr_pos=256",
  bottom: ":in_v_chr_pos=256",
};

function scale(
  output: FrameOutput,
  { scaledWidth, scaledHeight }: Placement,
  chromaLocation = "",
): string {
  // Until FFmpeg 7 the filter takes them to be in the middle, whatever the frame says.
  const chroma = chromaPositions[chromaLocation] ?? "";
  const size = `scale=${scaledWidth}:${scaledHeight}:flags=${scalingAlgorithm}${chroma}`;
  return output.pixelFormat === "rgb24"
    ? `${size},format=rgb24`
    : `${size}:out_range=full,format=gray`;
}

function selection(wanted: readonly Interval[]): string {
  const intervals = wanted.map(({ from, to }) => `between(t,${from.toFixed(6)},${to.toFixed(6)})`);
  return [...intervals, `not(mod(n,${signOfLife}))`].join("+");
}

/** A picture on a canvas of RGB pixels; of a grey one, all three colours are the same. */
function cutOut(
  canvas: Uint8Array,
  canvasWidth: number,
  top: number,
  { scaledWidth, scaledHeight }: Placement,
  channels: number,
): Uint8Array {
  const picture = new Uint8Array(scaledWidth * scaledHeight * channels);
  const rowBytes = scaledWidth * channels;
  for (let y = 0; y < scaledHeight; y++) {
    const start = (top + y) * canvasWidth * 3;
    if (channels === 3) picture.set(canvas.subarray(start, start + rowBytes), y * rowBytes);
    else {
      for (let x = 0; x < scaledWidth; x++) picture[y * rowBytes + x] = canvas[start + 3 * x]!;
    }
  }
  return picture;
}
