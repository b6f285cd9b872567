import { readFileSync } from "node:fs";
import sharp from "sharp";

/** Pixels of an uncompressed 24-bit BMP file, stretched to a square: uint8 RGB [size, size, 3]. */
export async function readBmp(path: string, size: number): Promise<Uint8Array> {
  const file = readFileSync(path);
  const [start, width, height] = [10, 18, 22].map((at) => file.readInt32LE(at)) as [
    number,
    number,
    number,
  ];
  if (file.readUInt16LE(28) !== 24 || height < 1) throw new Error(`${path} is another kind of BMP`);
  const row = Math.ceil((3 * width) / 4) * 4;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Rows from the bottom up, blue first.
      const at = start + (height - 1 - y) * row + 3 * x;
      for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = file[at + 2 - c]!;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(size, size, { fit: "fill" })
    .raw()
    .toBuffer();
}
