/**
 * Frames: a video file in, sampled frames with their timestamps out.
 *
 * The port every decoder implements. One decoding pass can serve several outputs at once, each with its own
 * sampling plan, size and colour.
 */

/** What is known of a video before its frames are decoded. */
export interface VideoInfo {
  /** Length in seconds: from the first frame's start to the last one's end. */
  readonly duration: number;
  /** Width in pixels as it is shown: after rotation and sample aspect ratio. */
  readonly width: number;
  /** Height in pixels as it is shown. */
  readonly height: number;
  /** Mean frame rate in hertz. */
  readonly frameRate: number;
  /** Clockwise turn, in degrees, that is applied before showing: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Codec name as FFmpeg gives it: "h264", "mpeg4" … */
  readonly codec: string;
  /** Container name as FFmpeg gives it: "avi", "mov,mp4,m4a,3gp,3g2,mj2" … */
  readonly container: string;
  /** Pixel format name as FFmpeg gives it: "yuv420p" … */
  readonly pixelFormat: string;
  /** Whether there is sound as well. */
  readonly hasAudio: boolean;
}

/**
 * Which frames to take: `count` of them spread evenly (the middles of `count` equal parts of the frames; a clip
 * with fewer frames repeats some), `fps` of them a second from the first frame on, the `keyframes` alone, which
 * decode without their neighbours, or `every` n-th frame from the first on, up to `limit` of them. With a
 * {@link Span}, of that part of the video.
 */
export type SamplingPlan = Span &
  (
    | (Omit<NoPlan, "count"> & { readonly count: number })
    | (Omit<NoPlan, "fps"> & { readonly fps: number })
    | (Omit<NoPlan, "keyframes"> & { readonly keyframes: true })
    | (Omit<NoPlan, "every" | "limit"> & { readonly every: number; readonly limit?: number })
  );

/** The fields of all plans, none of them given. */
interface NoPlan {
  readonly count?: never;
  readonly fps?: never;
  readonly keyframes?: never;
  readonly every?: never;
  readonly limit?: never;
}

/** A part of a video: the frames that are on screen from `start` until before `end`. */
export interface Span {
  /** Seconds from the first frame. Default 0. */
  readonly start?: number;
  /** Seconds from the first frame; above `start`. Default: the video's end. */
  readonly end?: number;
}

/** Which frames an output takes: those of a plan, or what is seen a little before or after each of them. */
export type FramePlan = SamplingPlan & {
  /**
   * Seconds, only with `count` and `fps`: in place of each of the plan's frames comes the one that is on screen so much
   * later, or earlier where it is negative. A moment that has less than that on either side of it in the part of the
   * video that is sampled is first moved inside. So two outputs with opposite shifts have pairs of frames that lie
   * twice the shift apart also at both ends, and no further apart than the part is long. Default 0.
   */
  readonly shift?: number;
};

/** Ways to bring a frame to the output's size. */
export const fits = ["stretch", "crop", "pad"] as const;

/** How a frame is brought to the output's size. */
export type Fit = (typeof fits)[number];

/** One of the outputs of a decoding pass. */
export interface FrameOutput {
  readonly plan: FramePlan;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  readonly pixelFormat: "rgb24" | "gray8";
  readonly fit: Fit;
}

/** Sampled frames, in order of time. */
export interface FrameBatch {
  /** uint8, row-major: [n, height, width, 3] RGB, or [n, height, width] grey. */
  readonly frames: Uint8Array;
  /** [n] seconds from the clip's first frame. */
  readonly timestamps: Float64Array;
  /** How many frames. */
  readonly n: number;
}

/** A batch of one of the outputs. */
export interface DecodedBatch extends FrameBatch {
  /** Index into the outputs asked for. */
  readonly output: number;
}

/** What a decoding pass found out. */
export interface DecodeSummary {
  readonly info: VideoInfo;
  /** Seconds from the first frame's start to the last one's end, whatever the header says. */
  readonly duration: number;
  /** Frames that were decoded: those taken, and those it takes to decode them. */
  readonly decodedFrames: number;
  /**
   * The file ends early, or what was decoded of it is damaged. What no output needs is not decoded, so that
   * damage there is not noticed.
   */
  readonly truncated: boolean;
}

/** Options of a decoding pass. */
export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** Frames a batch holds at most. Default 16. */
  readonly batchSize?: number;
  /** Called once, when the pass has come to the file's end. */
  readonly onEnd?: (summary: DecodeSummary) => void;
}

/** Ways to decode videos. */
export const decoderNames = ["libav", "ffmpeg"] as const;

/** A way to decode videos: FFmpeg's libraries in this process, or the ffmpeg program. */
export type DecoderName = (typeof decoderNames)[number];

/** Name of the decoder where none is given. */
export const defaultDecoder: DecoderName = "libav";

/** A way to read video files. */
export interface Decoder {
  /** The decoder's name; "images" where the frames are pictures of their own. */
  readonly name: DecoderName | "images";
  /**
   * What the file's headers say.
   *
   * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE.
   */
  probe(path: string): Promise<VideoInfo>;
  /**
   * Decodes a video once, from its start, and yields the batches of every output as they fill. Nothing is
   * decoded ahead of the reader by more than a batch (back-pressure), and everything is freed when the reader
   * stops.
   *
   * @throws MuybridgeError as `probe`, and ERR_NO_FRAMES where not one frame decodes.
   */
  decode(
    path: string,
    outputs: readonly FrameOutput[],
    options?: DecodeOptions,
  ): AsyncGenerator<DecodedBatch, void>;
}
