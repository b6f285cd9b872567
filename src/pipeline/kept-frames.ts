import sharp from "sharp";
import { decodeSafetensors, encodeSafetensors } from "../core/safetensors.js";
import type { FrameBatch } from "../frames/decoder.js";
import type { FrameEncoding } from "./frame-encoding.js";

/** Quality of `webp`: a pixel is off by 1.5 of 255 on average, a frame takes a fifth of what `lossless` takes. */
const webpQuality = 90;

/** Of what WebP can spend on a picture the least: more makes a lossless frame 7 % smaller in four times the time. */
const effort = 0;

/** Bytes of square RGB frames as they are kept: safetensors of WebP files, one behind the other, and their times. */
export async function encodeFrames(
  { frames, timestamps, n }: FrameBatch,
  size: number,
  encoding: FrameEncoding,
): Promise<Uint8Array> {
  const frameBytes = size * size * 3;
  const pictures = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  const frame = (i: number): Buffer => pictures.subarray(i * frameBytes, (i + 1) * frameBytes);
  const files: Buffer[] = [];
  const lengths = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    // A frame that repeats the one before it has no file of its own.
    if (i > 0 && frame(i).equals(frame(i - 1))) continue;
    const file = await sharp(frame(i), { raw: { width: size, height: size, channels: 3 } })
      .webp(encoding === "lossless" ? { lossless: true, effort } : { quality: webpQuality, effort })
      .toBuffer();
    lengths[i] = file.length;
    files.push(file);
  }
  const joined = Buffer.concat(files);
  return encodeSafetensors({
    files: { shape: [joined.length], data: joined },
    lengths: { shape: [n], data: lengths },
    timestamps: { shape: [n], data: timestamps },
  });
}

/**
 * The frames of {@link encodeFrames}.
 *
 * @throws MuybridgeError ERR_MODEL_INVALID, or an Error, where these are not such bytes
 */
export async function decodeFrames(bytes: Uint8Array, size: number): Promise<FrameBatch> {
  const tensors = decodeSafetensors(bytes);
  const files = tensors.get("files")!.data as Uint8Array;
  const lengths = tensors.get("lengths")!.data as Int32Array;
  const timestamps = tensors.get("timestamps")!.data as Float64Array;
  const frameBytes = size * size * 3;
  const frames = new Uint8Array(lengths.length * frameBytes);
  let offset = 0;
  for (const [i, length] of lengths.entries()) {
    if (length === 0) frames.copyWithin(i * frameBytes, (i - 1) * frameBytes, i * frameBytes);
    else
      frames.set(
        await decodePicture(files.subarray(offset, offset + length), size),
        i * frameBytes,
      );
    offset += length;
  }
  return { frames, timestamps, n: lengths.length };
}

async function decodePicture(file: Uint8Array, size: number): Promise<Buffer> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  if (info.width === size && info.height === size && info.channels === 3) return data;
  throw new Error(`A kept frame has ${info.width} x ${info.height} pixels, not ${size} x ${size}.`);
}
