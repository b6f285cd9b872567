import { InvalidArgumentError } from "commander";

/** Bytes of a unit: the decimal ones as disks are sold, the binary ones as memory is. */
const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Parser of an option that takes a number of bytes: 2GB, 500 MB, 1.5GiB, 1000000. */
export function byteSize(text: string): number {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  const bytes = number === "" || factor === undefined ? Number.NaN : Number(number) * factor;
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw new InvalidArgumentError("It must be a number of bytes, as 2GB, 500MB, 1.5GiB or 1000000.");
}

/** A number of bytes for people. */
export function formatBytes(bytes: number): string {
  for (const [name, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${name}`;
  }
  return `${bytes} bytes`;
}
