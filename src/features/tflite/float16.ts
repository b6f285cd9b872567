let known: Float32Array | undefined;

/** Numbers of half precision (IEEE 754 binary16), as bytes in little-endian order, as float32. */
export function float16ToFloat32(bytes: Uint8Array): Float32Array {
  // There are only 65536 of them, and networks hold millions.
  known ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => valueOfHalf(half));
  const values = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < values.length; i++) {
    values[i] = known[bytes[2 * i]! | (bytes[2 * i + 1]! << 8)]!;
  }
  return values;
}

function valueOfHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
