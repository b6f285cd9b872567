import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import type { FormatContext, Packet, SoftwareScaleContext, Stream } from "node-av/lib";
import { newFrame, openH264Encoder } from "./h264-encoder.js";
import { type Libav, loadLibav } from "./libav.js";

/** Options of {@link writeVideo}. */
export interface VideoWriterOptions {
  /** Pixels; even. */
  readonly width: number;
  /** Pixels; even. */
  readonly height: number;
  /** Frames a second, a whole number. */
  readonly frameRate: number;
  /** Frames from one keyframe to the next, at most. Default: the encoder's, 250. */
  readonly keyframeInterval?: number;
  readonly signal?: AbortSignal;
}

/** Frames encoded before other work of the process gets a turn. */
const framesPerTurn = 8;

/**
 * Encodes frames as an H.264 .mp4, in this process. The file gets its name when it is complete; nothing
 * half-written is left behind. The same frames give the same bytes.
 *
 * @param frames each uint8 RGB, row-major [height, width, 3]
 * @throws RangeError where a frame is of another size; the signal's reason on abort.
 */
export async function writeVideo(
  path: string,
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: VideoWriterOptions,
): Promise<void> {
  const libav = await loadLibav();
  const target = resolve(path);
  const unfinished = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  const size = options.width * options.height * 3;
  try {
    const encoder = openEncoder(libav, unfinished, options);
    try {
      let count = 0;
      for await (const frame of frames) {
        options.signal?.throwIfAborted();
        if (frame.length !== size) {
          throw new RangeError(`A frame holds ${frame.length} bytes; ${size} were expected.`);
        }
        encoder.encode(frame, count++);
        if (count % framesPerTurn === 0) await breathe();
      }
      encoder.finish();
    } finally {
      encoder.close();
    }
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

interface Encoder {
  encode(rgb: Uint8Array, index: number): void;
  finish(): void;
  close(): void;
}

function openEncoder(libav: Libav, path: string, options: VideoWriterOptions): Encoder {
  const { lib, constants } = libav;
  const check = (code: number, what: string): void => lib.FFmpegError.throwIfError(code, what);
  const format: FormatContext = new lib.FormatContext();
  const { frameRate, ...shape } = options;
  const codec = openH264Encoder(libav, {
    ...shape,
    timeBase: new lib.Rational(1, frameRate),
    frameRate: new lib.Rational(frameRate, 1),
  });
  const scaler: SoftwareScaleContext = new lib.SoftwareScaleContext();
  const rgbFrame = newFrame(libav, options, constants.AV_PIX_FMT_RGB24);
  const yuvFrame = newFrame(libav, options, constants.AV_PIX_FMT_YUV420P);
  const packet: Packet = new lib.Packet();
  packet.alloc();
  scaler.allocContext();
  check(format.allocOutputContext2(null, "mp4", path), "allocOutputContext2");
  const stream: Stream = format.newStream(null);
  stream.timeBase = codec.timeBase;
  check(stream.codecpar.fromContext(codec), "parameters");
  check(format.openOutputSync(), "openOutput");
  check(format.writeHeaderSync(null), "writeHeader");

  const drain = (): void => {
    while (codec.receivePacketSync(packet) >= 0) {
      packet.streamIndex = stream.index;
      // Without it the last frame would be shown for no time at all, and players leave it out.
      packet.duration = 1n;
      packet.rescaleTs(codec.timeBase, stream.timeBase);
      check(format.interleavedWriteFrameSync(packet), "writeFrame");
      packet.unref();
    }
  };
  return {
    encode(rgb, index) {
      check(
        rgbFrame.fromBuffer(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength)),
        "fromBuffer",
      );
      check(yuvFrame.makeWritable(), "makeWritable");
      check(scaler.scaleFrameSync(yuvFrame, rgbFrame), "scaleFrame");
      yuvFrame.pts = BigInt(index);
      check(codec.sendFrameSync(yuvFrame), "sendFrame");
      drain();
    },
    finish() {
      check(codec.sendFrameSync(null), "sendFrame");
      drain();
      check(format.writeTrailerSync(), "writeTrailer");
    },
    close() {
      packet.free();
      rgbFrame.free();
      yuvFrame.free();
      scaler.freeContext();
      codec.freeContext();
      format.closeOutputSync();
      format.freeContext();
    },
  };
}
