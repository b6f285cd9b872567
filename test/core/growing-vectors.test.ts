import { expect, test } from "vitest";
import { growVectors } from "../../src/core/growing-vectors.js";

test("vectors that come bit by bit are all there, in order, also when they outgrow the first room", () => {
  const vectors = growVectors();
  expect(vectors.all()).toEqual(new Float32Array(0));
  const batches = Array.from({ length: 40 }, (_, batch) =>
    // Of several lengths, one larger than all the room there is at first.
    Float32Array.from({ length: batch === 3 ? 300_000 : 7_001 + batch }, (_, i) => batch + i / 8),
  );
  for (const batch of batches) vectors.append(batch);
  const all = vectors.all();
  let offset = 0;
  for (const batch of batches) {
    const kept = all.slice(offset, offset + batch.length);
    expect(Buffer.compare(new Uint8Array(kept.buffer), new Uint8Array(batch.buffer))).toBe(0);
    offset += batch.length;
  }
  expect(all).toHaveLength(offset);
});
