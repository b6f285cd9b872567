import type { Frame } from "node-av/lib";
import { expect, test } from "vitest";
import { openFrameSink } from "../../src/frames/frame-sink.js";
import { loadLibav } from "../../src/frames/libav.js";

const libav = await loadLibav();
const { lib, constants } = libav;
const [width, height] = [64, 48];

/** A decoded picture, as a codec that is not at hand for encoding would give it: all of one grey. */
function greyFrame(alter: (frame: Frame) => void): Frame {
  const frame = new lib.Frame();
  frame.alloc();
  frame.format = constants.AV_PIX_FMT_YUV420P;
  frame.width = width;
  frame.height = height;
  lib.FFmpegError.throwIfError(frame.getBuffer(0), "getBuffer");
  const [luma, chroma] = [width * height, (width * height) / 2];
  const planes = Buffer.concat([Buffer.alloc(luma, 126), Buffer.alloc(chroma, 128)]);
  lib.FFmpegError.throwIfError(frame.fromBuffer(planes), "fromBuffer");
  alter(frame);
  return frame;
}

test.each<[string, (frame: Frame) => void]>([
  ["nothing special about it", () => {}],
  ["two interlaced fields", (frame) => frame.setFlags(constants.AV_FRAME_FLAG_INTERLACED)],
  [
    "colours as YCgCo",
    (frame) => {
      frame.colorSpace = constants.AVCOL_SPC_YCGCO;
    },
  ],
  [
    "colours as ICtCp",
    (frame) => {
      frame.colorSpace = constants.AVCOL_SPC_ICTCP;
      frame.colorTrc = constants.AVCOL_TRC_LOG;
    },
  ],
])("a picture with %s is scaled", (_, alter) => {
  const output = {
    plan: { count: 2 },
    width: 8,
    height: 8,
    pixelFormat: "rgb24",
    fit: "stretch",
  } as const;
  const frame = greyFrame(alter);
  const sink = openFrameSink(libav, output, 0, 4);
  try {
    const picture = { width, height, sampleAspectRatio: 1, rotation: 0 };
    expect(sink.add(frame, picture, 0, 2)).toEqual([]);
    const batch = sink.rest();
    expect(batch).toMatchObject({ n: 2, output: 0 });
    // Video levels go from 16 to 235: 126 is half way.
    expect(batch!.frames).toHaveLength(2 * 8 * 8 * 3);
    expect(batch!.frames.every((level) => level >= 126 && level <= 130)).toBe(true);
  } finally {
    sink.close();
    frame.free();
  }
});
