import type { Packet, Stream } from "node-av/lib";
import type { Libav } from "./libav.js";
import { openLibavInput } from "./libav-input.js";

/** The sound of a video, as packets that are copied and not decoded. */
export interface SoundTrack {
  readonly stream: Stream;
  /**
   * The packets not yet given that begin up to a time. Their own times are counted from the video's first frame, in
   * the stream's clock; those before it are left out.
   *
   * @param seconds from the video's first frame
   * @returns packets, each valid until the next one is asked for
   */
  until(seconds: number): Generator<Packet, void>;
  close(): void;
}

/** What there is of sound: a track, none at all, or one that an .mp4 cannot hold. */
export type Sound = SoundTrack | "none" | "unfit";

/**
 * Opens the sound of a video that an .mp4 can hold as it is: AAC, MP3 or Opus. A file that cannot be opened has none.
 *
 * @throws whatever opening throws that is not about the file.
 */
export async function openSoundTrack(libav: Libav, path: string): Promise<Sound> {
  const { lib, constants } = libav;
  const input = await openLibavInput(libav, path).catch(() => undefined);
  if (!input) return "none";
  const { format } = input;
  const stream = format.streams[format.findBestStream(constants.AVMEDIA_TYPE_AUDIO)];
  const fitting: readonly number[] = [
    constants.AV_CODEC_ID_AAC,
    constants.AV_CODEC_ID_MP3,
    constants.AV_CODEC_ID_OPUS,
  ];
  const codec = stream?.codecpar;
  if (!stream || !codec || !fitting.includes(codec.codecId) || codec.sampleRate <= 0) {
    input.close();
    return stream ? "unfit" : "none";
  }
  const clock = stream.timeBase.num / stream.timeBase.den;
  const { startTime, timeBase } = input.stream;
  const began =
    startTime === constants.AV_NOPTS_VALUE ? 0 : (Number(startTime) * timeBase.num) / timeBase.den;
  const origin = BigInt(Math.round(began / clock));
  for (const other of format.streams) {
    if (other.index !== stream.index) other.discard = constants.AVDISCARD_ALL;
  }
  const packet = new lib.Packet();
  packet.alloc();
  let isHeld = false;
  let last: bigint | undefined;

  /** Reads on to the next packet of the sound that has a time of its own, later than the one before. */
  const read = (): boolean => {
    while (format.readFrameSync(packet) >= 0) {
      const stamp = packet.dts === constants.AV_NOPTS_VALUE ? packet.pts : packet.dts;
      const isTimed = stamp !== constants.AV_NOPTS_VALUE && packet.size > 0;
      const time = stamp - origin;
      if (packet.streamIndex === stream.index && isTimed && time > (last ?? -1n)) {
        // Packets of sound are shown in the order they are stored in.
        packet.pts = time;
        packet.dts = time;
        last = time;
        return true;
      }
      packet.unref();
    }
    return false;
  };

  return {
    stream,
    *until(seconds) {
      for (;;) {
        isHeld ||= read();
        if (!isHeld || Number(packet.pts) * clock > seconds) return;
        isHeld = false;
        yield packet;
        packet.unref();
      }
    },
    close() {
      packet.free();
      input.close();
    },
  };
}
