import { loadLibav } from "../../src/frames/libav.js";

/** Options of {@link remux}. */
export interface RemuxOptions {
  /** FFmpeg's name of the container: "avi", "mpegts", "matroska" … */
  readonly container: string;
  /** Width over height of a pixel, as the container tells it; what the codec tells stays. */
  readonly sampleAspectRatio?: number;
}

/** Copies a video's packets, as they are, into another container. */
export async function remux(source: string, target: string, options: RemuxOptions): Promise<void> {
  const { container, sampleAspectRatio = 0 } = options;
  const { lib, constants } = await loadLibav();
  const check = (code: number, what: string): void => lib.FFmpegError.throwIfError(code, what);
  const input = new lib.FormatContext();
  const output = new lib.FormatContext();
  const packet = new lib.Packet();
  const filter = new lib.BitStreamFilterContext();
  packet.alloc();
  input.allocContext();
  check(input.openInputSync(source, null, null), "openInput");
  try {
    check(input.findStreamInfoSync(null), "findStreamInfo");
    check(output.allocOutputContext2(null, container, target), "allocOutputContext2");
    const from = input.streams[0]!;
    const to = output.newStream(null);
    check(from.codecpar.copy(to.codecpar), "copy");
    to.codecpar.codecTag = 0;
    // A frame a tick, since an AVI has no other clock.
    to.timeBase = new lib.Rational(from.avgFrameRate.den, from.avgFrameRate.num);
    to.avgFrameRate = from.avgFrameRate;
    to.sampleAspectRatio = new lib.Rational(Math.round(sampleAspectRatio * 100), 100);
    // An AVI holds H.264 with start codes, as a broadcast does.
    const name = container === "avi" ? "h264_mp4toannexb" : "null";
    check(filter.alloc(lib.BitStreamFilter.getByName(name)!), "allocFilter");
    check(from.codecpar.copy(filter.inputCodecParameters!), "copy");
    filter.inputTimeBase = from.timeBase;
    check(filter.init(), "initFilter");
    check(output.openOutputSync(), "openOutput");
    check(output.writeHeaderSync(null), "writeHeader");
    let read: number;
    while ((read = input.readFrameSync(packet)) >= 0) {
      check(filter.sendPacketSync(packet), "sendPacket");
      check(filter.receivePacketSync(packet), "receivePacket");
      packet.streamIndex = to.index;
      packet.rescaleTs(from.timeBase, to.timeBase);
      check(output.interleavedWriteFrameSync(packet), "writeFrame");
    }
    if (read !== constants.AVERROR_EOF) check(read, "readFrame");
    check(output.writeTrailerSync(), "writeTrailer");
  } finally {
    packet.free();
    filter.free();
    output.closeOutputSync();
    output.freeContext();
    input.closeInputSync();
  }
}
