import { setImmediate as breathe } from "node:timers/promises";
import type { FormatContext, Packet, SoftwareScaleContext, Stream } from "node-av/lib";
import { newFrame, openH264Encoder } from "./h264-encoder.js";
import { type Libav, loadLibav } from "./libav.js";
import { openSoundTrack, type SoundTrack } from "./sound-track.js";

/** A frame and when it is on screen. */
export interface TimedFrame {
  /** uint8 RGB, row-major [height, width, 3]. */
  readonly pixels: Uint8Array;
  /** Seconds from the first frame; later than the one before. */
  readonly time: number;
  /** Seconds it is on screen. */
  readonly duration: number;
}

/** Options of {@link writeTimedVideo}. */
export interface TimedVideoOptions {
  /** Pixels; even. */
  readonly width: number;
  /** Pixels; even. */
  readonly height: number;
  /** Frames a second in the mean, which the encoder goes by; the frames' times are kept as they are. */
  readonly frameRate: number;
  /** Video whose sound is copied into the file. */
  readonly soundOf?: string;
  readonly signal?: AbortSignal;
}

/** What became of the sound: copied; there was none; or an .mp4 cannot hold it and it was left out. */
export type SoundOutcome = "copied" | "none" | "left out";

/** What {@link writeTimedVideo} wrote. */
export interface WrittenVideo {
  readonly frames: number;
  readonly sound: SoundOutcome;
}

/** Ticks a second: the clock of broadcasts, which the usual frame rates divide. */
const clockRate = 90_000;

/** Frames from one keyframe to the next, so that a player jumps to any place at once. */
const keyframeInterval = 50;

/** Seconds a frame may be on screen: the container counts its ticks in 31 bits. */
const longestFrame = Math.floor((2 ** 31 - 1) / clockRate);

/** Highest frame rate the encoder is told. */
const maxFrameRate = 1000;

/** Frame rate the encoder is told where it is not known. */
const usualFrameRate = 25;

/**
 * Encodes frames of any times as an H.264 .mp4, in this process, with the sound of another video. Nothing is kept
 * but the frame under way. The file is written where it is told, from its start: whoever calls gives it its name when
 * it is complete.
 *
 * @throws RangeError where a frame is of another size or on screen for more than 6 hours; FFmpegError of node-av; the signal's reason on abort.
 */
export async function writeTimedVideo(
  path: string,
  frames: AsyncIterable<TimedFrame>,
  options: TimedVideoOptions,
): Promise<WrittenVideo> {
  const { soundOf, signal } = options;
  const libav = await loadLibav();
  const found = soundOf === undefined ? "none" : await openSoundTrack(libav, soundOf);
  const track = typeof found === "string" ? undefined : found;
  let count = 0;
  let last: TimedFrame | undefined;
  try {
    const file = openFile(libav, path, options, track);
    try {
      for await (const frame of frames) {
        signal?.throwIfAborted();
        file.write(frame);
        count += 1;
        last = frame;
        await breathe();
      }
      file.finish(last ? last.time + last.duration : 0);
    } finally {
      file.close();
    }
  } finally {
    track?.close();
  }
  return { frames: count, sound: track ? "copied" : found === "unfit" ? "left out" : "none" };
}

interface VideoFile {
  write(frame: TimedFrame): void;
  /** Writes what is still to come, up to the time the last frame ends. */
  finish(end: number): void;
  close(): void;
}

function openFile(
  libav: Libav,
  path: string,
  options: TimedVideoOptions,
  track: SoundTrack | undefined,
): VideoFile {
  const { lib, constants } = libav;
  const { width, height } = options;
  const check = (code: number, what: string): void => lib.FFmpegError.throwIfError(code, what);
  const rate =
    options.frameRate > 0 && options.frameRate <= maxFrameRate ? options.frameRate : usualFrameRate;
  const codec = openH264Encoder(libav, {
    width,
    height,
    timeBase: new lib.Rational(1, clockRate),
    frameRate: new lib.Rational(Math.max(1, Math.round(rate * 1000)), 1000),
    keyframeInterval,
    isTimed: true,
    isBt709: true,
  });
  const format: FormatContext = new lib.FormatContext();
  const scaler: SoftwareScaleContext = new lib.SoftwareScaleContext();
  const rgbFrame = newFrame(libav, options, constants.AV_PIX_FMT_RGB24);
  const yuvFrame = newFrame(libav, options, constants.AV_PIX_FMT_YUV420P);
  rgbFrame.colorRange = constants.AVCOL_RANGE_JPEG;
  yuvFrame.colorRange = constants.AVCOL_RANGE_MPEG;
  yuvFrame.colorSpace = constants.AVCOL_SPC_BT709;
  const packet: Packet = new lib.Packet();
  packet.alloc();
  scaler.allocContext();
  const close = (): void => {
    packet.free();
    rgbFrame.free();
    yuvFrame.free();
    scaler.freeContext();
    codec.freeContext();
    format.closeOutputSync();
    format.freeContext();
  };
  let video: Stream;
  let sound: Stream | undefined;
  try {
    check(format.allocOutputContext2(null, "mp4", path), "allocOutputContext2");
    video = format.newStream(null);
    video.timeBase = codec.timeBase;
    check(video.codecpar.fromContext(codec), "parameters");
    if (track) {
      sound = format.newStream(null);
      check(track.stream.codecpar.copy(sound.codecpar), "parameters");
      // The tag is that of the other container.
      sound.codecpar.codecTag = 0;
      sound.timeBase = track.stream.timeBase;
    }
    check(format.openOutputSync(), "openOutput");
    check(format.writeHeaderSync(null), "writeHeader");
  } catch (error) {
    close();
    throw error;
  }
  const size = width * height * 3;
  let before = -1n;

  const copySound = (until: number): void => {
    if (!track || !sound) return;
    for (const one of track.until(until)) {
      one.streamIndex = sound.index;
      one.rescaleTs(track.stream.timeBase, sound.timeBase);
      // A damaged packet is one that is not heard; the pictures go on.
      format.interleavedWriteFrameSync(one);
    }
  };
  const drain = (): void => {
    while (codec.receivePacketSync(packet) >= 0) {
      packet.streamIndex = video.index;
      packet.rescaleTs(codec.timeBase, video.timeBase);
      check(format.interleavedWriteFrameSync(packet), "writeFrame");
      packet.unref();
    }
  };
  return {
    write({ pixels, time, duration }) {
      if (pixels.length !== size) {
        throw new RangeError(`A frame holds ${pixels.length} bytes; ${size} were expected.`);
      }
      if (!(duration <= longestFrame)) {
        throw new RangeError(`A frame is on screen for ${duration} s, above ${longestFrame} s.`);
      }
      const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
      check(rgbFrame.fromBuffer(bytes), "fromBuffer");
      check(yuvFrame.makeWritable(), "makeWritable");
      check(scaler.scaleFrameSync(yuvFrame, rgbFrame), "scaleFrame");
      const stamp = BigInt(Math.round(time * clockRate));
      yuvFrame.pts = stamp > before ? stamp : before + 1n;
      before = yuvFrame.pts;
      const ticks = BigInt(Math.round((time + duration) * clockRate)) - before;
      yuvFrame.duration = ticks > 0n ? ticks : 1n;
      check(codec.sendFrameSync(yuvFrame), "sendFrame");
      copySound(time);
      drain();
    },
    finish(end) {
      check(codec.sendFrameSync(null), "sendFrame");
      drain();
      copySound(end - 1 / clockRate);
      check(format.writeTrailerSync(), "writeTrailer");
    },
    close,
  };
}
