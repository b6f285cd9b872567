import { open } from "node:fs/promises";

/** First byte of every packet (ISO/IEC 13818-1, 2.4.3.2). */
const syncByte = 0x47;

/** Kinds of packets in files: bytes from one to the next, and from the sync byte to the packet's end. */
const packings = [
  { step: 188, packet: 188 },
  // Of a Blu-ray disc or a camera: with a time stamp of four bytes before it.
  { step: 192, packet: 188 },
  // With a code for errors behind it.
  { step: 204, packet: 204 },
] as const;

/** Packets at the end of a file that must begin where they should, before anything is said of the last one. */
const packetsSeen = 16;

/**
 * Whether a file is an MPEG transport stream that ends within a packet: it was cut off, which nothing in its header
 * would tell. A cut that falls between two packets, one in 188, leaves no trace.
 *
 * @param container FFmpeg's name of the file's container
 */
export async function isCutOff(path: string, container: string): Promise<boolean> {
  if (container !== "mpegts") return false;
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const length = Math.min(size, packetsSeen * 204);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return bytesRead === length && endsWithinPacket(buffer);
  } finally {
    await file.close();
  }
}

function endsWithinPacket(end: Buffer): boolean {
  for (const { step, packet } of packings) {
    if (end.length < packetsSeen * step) continue;
    for (let first = 0; first < step; first++) {
      let last = first;
      while (last < end.length && end[last] === syncByte) last += step;
      if (last < end.length) continue;
      return end.length - (last - step) !== packet;
    }
  }
  return false;
}
