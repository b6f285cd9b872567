import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { freeMemory } from "../../src/core/free-memory.js";

test("memory that is freed is gone at once, also through other views", async () => {
  // What the first call opens needs a moment.
  freeMemory(new Uint8Array(1));
  await setTimeout(20);
  const kept = new Float32Array(4).fill(1);
  const freed = new Float32Array(1_000_000);
  const view = freed.subarray(10);
  const before = process.memoryUsage().arrayBuffers;
  freeMemory(freed);
  expect(freed.length).toBe(0);
  expect(view.length).toBe(0);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThanOrEqual(4_000_000);
  expect([...kept]).toEqual([1, 1, 1, 1]);
});

test("freeing is the same a second time, and leaves shared memory alone", () => {
  const freed = new Uint8Array(8);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  freeMemory(freed, shared);
  freeMemory(freed);
  expect(freed.length).toBe(0);
  expect(shared.length).toBe(8);
});
