import type { VideoInfo } from "./decoder.js";
import { type Fields, numberOf, rationalOf, ratioOf, readFfprobeLine } from "./ffprobe-fields.js";
import { displaySize, type StoredPicture } from "./frame-geometry.js";
import { framePeriod, openExtent } from "./packet-account.js";
import { fallsShort } from "./promised-length.js";
import { bareStreams, checkPictureSize, notAVideo, noVideoStream } from "./video-input.js";

/** The fields that are asked of ffprobe of the container and its streams; no tag, whose text could be anything. */
export const headerEntries =
  "format=format_name,duration" +
  ":stream=index,codec_type,codec_name,width,height,pix_fmt,chroma_location,sample_aspect_ratio,avg_frame_rate,r_frame_rate,time_base,duration,nb_frames,has_b_frames,sample_rate,channels,bit_rate" +
  ":stream_disposition=default,attached_pic,hearing_impaired,visual_impaired" +
  ":stream_side_data=rotation";

/** The fields that are asked of every packet. */
export const packetEntries = ":packet=stream_index,pts,dts,duration,size,flags";

/** A frame of the video, as its packet tells it without decoding. */
export interface PromisedFrame {
  /** Seconds on the file's own clock. */
  readonly time: number;
  readonly key: boolean;
}

/** What ffprobe tells of a video. */
export interface ProbedVideo {
  readonly info: VideoInfo;
  /** Index of the video stream in the container. */
  readonly streamIndex: number;
  readonly picture: StoredPicture;
  /** Seconds a frame is shown where nothing else tells. */
  readonly period: number;
  /** Where the colours of a 2 x 2 group of pixels were taken, by FFmpeg's name: "left", "center" … */
  readonly chromaLocation: string | undefined;
  /** The frames in order of time; empty where packets were not asked for. */
  readonly frames: readonly PromisedFrame[];
  /** When the last frame ends, in seconds on the file's own clock. */
  readonly end: number;
  /** Whether every packet tells when its frame is shown, and no two frames are shown at once. */
  readonly exact: boolean;
  /** Whether every keyframe tells when it is shown, after all frames before it: so it can be placed without them. */
  readonly keyframesStandAlone: boolean;
  /** Whether less is in the file than its header promises, or a packet was cut. */
  readonly endsEarly: boolean;
}

/** The packets of a stream; times in ticks of the stream's clock, NaN where there is none. */
interface PacketColumns {
  readonly pts: number[];
  readonly dts: number[];
  readonly duration: number[];
  /** Whether it is a keyframe; undefined for a packet that is not shown. */
  readonly key: (boolean | undefined)[];
}

/** Reads ffprobe's compact output, line by line. */
export interface FfprobeReader {
  line(text: string): void;
  /**
   * What the lines tell, once all are read.
   *
   * @throws MuybridgeError ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE.
   */
  finish(path: string): ProbedVideo;
}

/** Opens a reader. */
export function openFfprobeReader(): FfprobeReader {
  const streams: Fields[] = [];
  const packets = new Map<number, PacketColumns>();
  let format: Fields = new Map();
  let cut = false;

  return {
    line(text) {
      const { section, fields } = readFfprobeLine(text);
      if (section === "stream") streams.push(fields);
      else if (section === "format") format = fields;
      else if (section === "packet") {
        const flags = fields.get("flags") ?? "";
        cut ||= flags.includes("C");
        const index = numberOf(fields, "stream_index");
        let columns = packets.get(index);
        if (!columns) packets.set(index, (columns = { pts: [], dts: [], duration: [], key: [] }));
        columns.pts.push(numberOf(fields, "pts"));
        columns.dts.push(numberOf(fields, "dts"));
        columns.duration.push(numberOf(fields, "duration") || 0);
        // What an edit list cuts off is still in the file, marked as to be discarded once decoded.
        const isShown = numberOf(fields, "size") > 0 && !flags.includes("D");
        columns.key.push(isShown ? flags.includes("K") : undefined);
      }
    },
    finish(path) {
      const stream = findVideo(streams, path);
      const container = format.get("format_name") ?? "unknown";
      const width = numberOf(stream, "width") || 0;
      const height = numberOf(stream, "height") || 0;
      const codec = stream.get("codec_name") ?? "unknown";
      // A header that was cut off tells neither; one of an unknown codec tells their size.
      if ((codec === "unknown" || bareStreams.has(container)) && width === 0) {
        throw notAVideo(path, "its pictures cannot be made out");
      }
      checkPictureSize(path, width, height);
      const picture = {
        width,
        height,
        sampleAspectRatio: ratioOf(stream.get("sample_aspect_ratio")),
        rotation: rotationOf(stream),
      };
      const rate = rationalOf(stream.get("avg_frame_rate"));
      const rates = rate.num > 0 ? rate : rationalOf(stream.get("r_frame_rate"));
      const streamIndex = numberOf(stream, "index");
      const promisedSeconds = numberOf(format, "duration") || 0;
      const streamSeconds = numberOf(stream, "duration") || 0;
      const period = framePeriod(rate);
      return {
        info: {
          duration: Math.max(0, streamSeconds || promisedSeconds),
          ...displaySize(picture),
          frameRate: rates.den > 0 ? rates.num / rates.den : 0,
          rotation: picture.rotation,
          codec,
          container,
          pixelFormat: stream.get("pix_fmt") ?? "unknown",
          hasAudio: streams.some(isSound),
        },
        streamIndex,
        picture,
        chromaLocation: stream.get("chroma_location"),
        period,
        ...timesOf(stream, packets.get(streamIndex), period),
        endsEarly:
          cut ||
          fallsShort(
            {
              frames: packets.get(streamIndex)?.pts.length ?? 0,
              videoSeconds: measure([stream], packets),
              seconds: measure(streams, packets),
            },
            {
              frames: numberOf(stream, "nb_frames") || 0,
              videoSeconds: streamSeconds,
              seconds: promisedSeconds,
            },
          ),
      };
    },
  };
}

/** Seconds from the first packet's time to the last one's end, of the streams. */
function measure(streams: readonly Fields[], packets: ReadonlyMap<number, PacketColumns>): number {
  const extent = openExtent();
  for (const stream of streams) {
    const clock = ratioOf(stream.get("time_base"));
    const { pts = [], dts = [], duration = [] } = packets.get(numberOf(stream, "index")) ?? {};
    for (const [i, shown] of pts.entries()) {
      const time = Number.isNaN(shown) ? dts[i]! : shown;
      if (Number.isNaN(time)) continue;
      extent.include(time * clock, (time + duration[i]!) * clock);
    }
  }
  return extent.seconds();
}

/**
 * The frames that packets tell, in order of time, and when the last one ends. Where some do not tell when they
 * are shown, as in an AVI with B-frames, all are told by when they are decoded.
 */
function timesOf(
  stream: Fields,
  packets: PacketColumns | undefined,
  period: number,
): Pick<ProbedVideo, "frames" | "end" | "exact" | "keyframesStandAlone"> {
  if (!packets) return { frames: [], end: 0, exact: false, keyframesStandAlone: false };
  const clock = ratioOf(stream.get("time_base"));
  const reordering = (numberOf(stream, "has_b_frames") || 0) * period;
  const { pts, dts, duration, key } = packets;
  const areShown = key.every((isKey, i) => isKey === undefined || !Number.isNaN(pts[i]!));
  const frames: { time: number; key: boolean; duration: number }[] = [];
  let keyframesStandAlone = areShown;
  let latest = Number.NEGATIVE_INFINITY;
  for (const [i, isKey] of key.entries()) {
    if (isKey === undefined) continue;
    const after = (frames.at(-1)?.time ?? -period) + period;
    const decoded = Number.isNaN(dts[i]!) ? after : dts[i]! * clock + reordering;
    const time = areShown ? pts[i]! * clock : decoded;
    frames.push({ time, key: isKey, duration: duration[i]! * clock });
    if (isKey && time <= latest) keyframesStandAlone = false;
    latest = Math.max(latest, time);
  }
  frames.sort((a, b) => a.time - b.time);
  const last = frames.at(-1);
  return {
    frames,
    end: last ? last.time + (last.duration || period) : 0,
    exact: areShown && frames.every(({ time }, i) => i === 0 || time > frames[i - 1]!.time),
    keyframesStandAlone,
  };
}

/** The video stream, as FFmpeg chooses the best one: by its role, then by its bit rate. */
function findVideo(streams: readonly Fields[], path: string): Fields {
  const videos = streams.filter((stream) => stream.get("codec_type") === "video");
  const has = (stream: Fields, role: string): number =>
    stream.get(`disposition:${role}`) === "1" ? 1 : 0;
  const isForAll = (stream: Fields): number =>
    has(stream, "hearing_impaired") + has(stream, "visual_impaired") > 0 ? 0 : 1;
  const moving = videos.filter((stream) => !has(stream, "attached_pic"));
  const [best] = moving.sort(
    (a, b) =>
      isForAll(b) + has(b, "default") - isForAll(a) - has(a, "default") ||
      (numberOf(b, "bit_rate") || 0) - (numberOf(a, "bit_rate") || 0),
  );
  if (best) return best;
  throw noVideoStream(path, { cover: videos.length > 0, sound: streams.some(isSound) });
}

function isSound(stream: Fields): boolean {
  return (
    stream.get("codec_type") === "audio" &&
    numberOf(stream, "sample_rate") > 0 &&
    numberOf(stream, "channels") > 0
  );
}

/** Degrees clockwise, to the next quarter turn; ffprobe tells them counter-clockwise. */
function rotationOf(stream: Fields): number {
  const angle = -(numberOf(stream, "rotation") || 0);
  return (((Math.round(angle / 90) * 90) % 360) + 360) % 360;
}
