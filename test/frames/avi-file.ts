import { crc32, deflateSync } from "node:zlib";

/** AVI files, written byte by byte: whatever a header says, whatever a frame is. */
export interface AviContent {
  /** Pixels, as the header tells them. */
  readonly width: number;
  /** Pixels, as the header tells them. */
  readonly height: number;
  /** Four letters that name the codec. */
  readonly codec: string;
  readonly frames: readonly Buffer[];
  /** Frames, as the header tells them. Default: as many as there are. */
  readonly promised?: number;
  /** Frames a second. Default 10. */
  readonly rate?: number;
}

/** An AVI of one video stream (Microsoft, AVI RIFF File Reference). */
export function aviFile(content: AviContent): Buffer {
  const { width, height, codec, frames, promised = frames.length, rate = 10 } = content;
  const fourcc = Buffer.from(codec, "latin1");
  const main = words(1e6 / rate, 0, 0, 0x10, promised, 0, 1, 0, width, height, 0, 0, 0, 0);
  const stream = [
    Buffer.from("vids"),
    fourcc,
    words(0, 0, 0, 1, rate, 0, promised, 0, 2 ** 32 - 1, 0),
  ];
  const bitmap = [words(40, width, height, 1 | (24 << 16)), fourcc, words(0, 0, 0, 0, 0)];
  const header = list(
    "hdrl",
    chunk("avih", main),
    list("strl", chunk("strh", ...stream, Buffer.alloc(8)), chunk("strf", ...bitmap)),
  );
  const movie = list("movi", ...frames.map((frame) => chunk("00dc", frame)));
  return chunk("RIFF", Buffer.from("AVI "), header, movie);
}

function list(name: string, ...parts: readonly Buffer[]): Buffer {
  return chunk("LIST", Buffer.from(name), ...parts);
}

function chunk(name: string, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([
    Buffer.from(name),
    words(data.length),
    data,
    Buffer.alloc(data.length % 2),
  ]);
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) buffer.writeUInt32LE(value >>> 0, 4 * i);
  return buffer;
}

/** A black PNG of one bit a pixel: 2^26 pixels take 8 kB. */
export function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows, { level: 9 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
