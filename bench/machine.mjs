import { readFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

/** Where the benchmarks keep the videos and models that they make, from run to run. */
export const defaultWorkDirectory = join(tmpdir(), "muybridge-bench");

/** What the figures were taken on, in one line. */
export function describeMachine() {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: ${cores.length} cores of ${cores[0]?.model.trim()}, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}`;
}

/** Seconds of CPU time that the whole machine has spent so far, on all processes; Linux only, else NaN. */
export function machineBusySeconds() {
  try {
    const [, ...clocks] = readFileSync("/proc/stat", "utf8").split("\n", 1).join().split(/\s+/);
    // user nice system idle iowait irq softirq steal ..., in hundredths of a second on every Linux that Node runs on.
    const busy = [0, 1, 2, 5, 6].reduce((sum, clock) => sum + Number(clocks[clock]), 0);
    return busy / 100;
  } catch {
    return Number.NaN;
  }
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const above = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? above : (above + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
