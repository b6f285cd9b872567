import type { Random } from "../../src/core/random.js";

/** Values that numbers of a header are least prepared for. */
const extremes = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];

/** A file with some random damage: bytes, numbers, holes, a part twice, the end gone. */
export function mutated(file: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(file);
  const at = (): number => random.integer(0, damaged.length - 5);
  switch (random.integer(0, 4)) {
    case 0:
      for (let i = random.integer(1, 20); i > 0; i--) damaged[at()] = random.integer(0, 255);
      return damaged;
    case 1:
      for (let i = random.integer(1, 4); i > 0; i--) {
        damaged.writeUInt32BE(random.pick(extremes), at());
      }
      return damaged;
    case 2: {
      const from = at();
      const length = random.integer(1, damaged.length >> 2);
      return damaged.fill(0, from, Math.min(from + length, damaged.length));
    }
    case 3: {
      const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
      return Buffer.concat([damaged.subarray(0, to), damaged.subarray(from)]);
    }
    default:
      return damaged.subarray(0, random.integer(1, damaged.length));
  }
}
