import { createDecoder } from "../../../src/frames/open-decoder.js";
import { layOut } from "../../../src/pipeline/annotation/overlay-layout.js";

/** A colour as it was decoded. */
export type Pixel = readonly [number, number, number];

/** All frames of an annotated copy. */
export interface AnnotatedCopy {
  readonly width: number;
  readonly height: number;
  readonly duration: number;
  readonly times: readonly number[];
  /** The frame on screen at a time. */
  at(time: number): CopiedFrame;
}

/** A frame of it. */
export interface CopiedFrame {
  /** uint8 RGB [height, width, 3]. */
  readonly pixels: Uint8Array;
  pixel(x: number, y: number): Pixel;
  /** The colour of the timeline at a part of its length, in [0, 1]. */
  bar(part: number): Pixel;
  /** Where the playhead is, as a part of the timeline. */
  playhead(): number;
  /** The row of text, as bytes. */
  text(): Buffer;
}

/** Decodes an annotated copy. */
export async function readCopy(path: string): Promise<AnnotatedCopy> {
  const decoder = createDecoder();
  const { width, height } = await decoder.probe(path);
  const output = {
    plan: { every: 1 },
    width,
    height,
    pixelFormat: "rgb24",
    fit: "stretch",
  } as const;
  const frames: CopiedFrame[] = [];
  const times: number[] = [];
  let duration = 0;
  const onEnd = (end: { readonly duration: number }): void => {
    duration = end.duration;
  };
  for await (const batch of decoder.decode(path, [output], { onEnd, batchSize: 1 })) {
    frames.push(frameOf(batch.frames, width, height));
    times.push(...batch.timestamps);
  }
  const at = (time: number): CopiedFrame =>
    frames[
      Math.max(
        0,
        times.findLastIndex((from) => from <= time + 1e-6),
      )
    ]!;
  return { width, height, duration, times, at };
}

function frameOf(pixels: Uint8Array, width: number, height: number): CopiedFrame {
  const { bar, panelHeight, textHeight, margin } = layOut(width, height);
  const panelTop = height - panelHeight;
  const pixel = (x: number, y: number): Pixel => {
    const at = (Math.round(y) * width + Math.round(x)) * 3;
    return [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
  };
  return {
    pixels,
    pixel,
    bar: (part) => pixel(bar.left + part * (bar.width - 1), panelTop + bar.top + bar.height / 2),
    playhead() {
      // It stands over the timeline, where the panel is dark.
      const row = panelTop + bar.top - 1;
      const brightness = Array.from({ length: bar.width }, (_, x) => pixel(bar.left + x, row)[1]);
      return brightness.indexOf(Math.max(...brightness)) / (bar.width - 1);
    },
    text() {
      const [first, last] = [panelTop + margin, panelTop + margin + textHeight];
      return Buffer.from(pixels.subarray(first * width * 3, last * width * 3));
    },
  };
}

/** How far two colours are apart: the most that one of the three differs. */
export function distance(one: Pixel, other: Pixel): number {
  return Math.max(...one.map((value, i) => Math.abs(value - other[i]!)));
}
