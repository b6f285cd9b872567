import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** The SHA-256 of bytes or text, in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Bytes of a file that are read at once. */
const readSize = 2 ** 18;

/** The SHA-256 of a file's bytes, in hexadecimal. */
export function sha256OfFile(path: string): Promise<string> {
  return digestOfFile(path, "sha256");
}

/**
 * A digest of a file's bytes, in hexadecimal. One buffer serves the whole file: a stream's many would have to
 * be collected again.
 */
export async function digestOfFile(path: string, algorithm: "sha256" | "sha512"): Promise<string> {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(readSize);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, readSize);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/**
 * The SHA-256 of a plain value (JSON types and undefined). Keys are sorted, so that the order in which an
 * object was built makes no difference; undefined fields count as absent.
 */
export function digestOf(value: unknown): string {
  return sha256(canonical(value));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
