import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import type {
  CodecContext,
  FormatContext,
  Frame,
  Packet,
  SoftwareScaleContext,
  Stream,
} from "node-av/lib";
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

/** x264's constant rate factor: 18 is nearly lossless, 28 visibly coarse. */
const rateFactor = 26;

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
  const codec = openCodec(libav, options);
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

function openCodec({ lib, constants }: Libav, options: VideoWriterOptions): CodecContext {
  const encoder = lib.Codec.findEncoderByName(constants.FF_ENCODER_LIBX264);
  if (!encoder) throw new Error("This build of FFmpeg has no H.264 encoder.");
  const codec = new lib.CodecContext();
  codec.allocContext3(encoder);
  codec.width = options.width;
  codec.height = options.height;
  codec.pixelFormat = constants.AV_PIX_FMT_YUV420P;
  codec.timeBase = new lib.Rational(1, options.frameRate);
  codec.framerate = new lib.Rational(options.frameRate, 1);
  codec.threadCount = 1;
  codec.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER);
  const search = constants.AV_OPT_SEARCH_CHILDREN;
  if (options.keyframeInterval !== undefined) codec.gopSize = options.keyframeInterval;
  codec.setOption("preset", "superfast", constants.AV_OPT_TYPE_STRING, search);
  codec.setOption("crf", rateFactor, constants.AV_OPT_TYPE_FLOAT, search);
  // Otherwise its macroblock tree is estimated with instructions that give other results from run to run.
  codec.setOption("x264-params", "cpu-independent=1", constants.AV_OPT_TYPE_STRING, search);
  lib.FFmpegError.throwIfError(codec.open2Sync(encoder), "open2");
  return codec;
}

function newFrame(
  { lib }: Libav,
  { width, height }: VideoWriterOptions,
  format: Frame["format"],
): Frame {
  const frame = new lib.Frame();
  frame.alloc();
  frame.format = format;
  frame.width = width;
  frame.height = height;
  lib.FFmpegError.throwIfError(frame.getBuffer(0), "getBuffer");
  return frame;
}
