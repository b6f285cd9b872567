/** Sound files, written byte by byte. */

/** A second of silence as .wav: 8 kHz, 16 bits, one channel. */
export function silentWav(): Buffer {
  const [rate, bytesPerSample] = [8000, 2];
  const samples = Buffer.alloc(rate * bytesPerSample);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/** A second of silence as .mp3 with a cover picture (ID3v2.3, APIC). */
export function mp3WithCover(jpeg: Buffer): Buffer {
  // Encoding of the text, MIME type, kind (3: front cover), no description.
  const body = Buffer.concat([Buffer.from("\0image/jpeg\0\x03\0", "latin1"), jpeg]);
  const frameHeader = Buffer.from("APIC\0\0\0\0\0\0", "latin1");
  frameHeader.writeUInt32BE(body.length, 4);
  const tagHeader = Buffer.from("ID3\x03\0\0\0\0\0\0", "latin1");
  const length = frameHeader.length + body.length;
  // The tag's length has seven bits a byte.
  for (let i = 0; i < 4; i++) tagHeader[6 + i] = (length >> (7 * (3 - i))) & 0x7f;
  // MPEG-1 layer III, 128 kbit/s, 44.1 kHz: frames of 417 bytes, here without any content.
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0xc0]);
  return Buffer.concat([tagHeader, frameHeader, body, ...Array<Buffer>(38).fill(frame)]);
}
