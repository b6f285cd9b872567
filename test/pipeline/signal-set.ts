import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, type Random } from "../../src/core/random.js";
import { encodeSafetensors } from "../../src/core/safetensors.js";

/** A signal of one period, by its place in it, in [0, 1). */
const shapes: Readonly<Record<string, (place: number) => number>> = {
  sine: (place) => Math.sin(2 * Math.PI * place),
  square: (place) => (place < 0.5 ? 1 : -1),
  saw: (place) => 2 * place - 1,
};

/** How the files of {@link writeSignals} are written. */
export type SignalFormat = "csv" | "safetensors";

/** Sources of signals, the groups. */
const groups = 10;

/** Hertz. */
const rate = 20;

/**
 * Writes signals of three shapes, sine, square and saw, and `manifest.csv`: in each, one channel bears the signal, of
 * random phase, speed and strength, under noise; the other channel is noise. The same numbers in either format.
 *
 * @param each signals a shape
 */
export async function writeSignals(
  directory: string,
  format: SignalFormat,
  each: number,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const rows = ["path,label,group"];
  for (const label of Object.keys(shapes)) {
    for (let index = 0; index < each; index++) {
      const name = `${label}-${String(index).padStart(2, "0")}.${format}`;
      await writeSignal(join(directory, name), label, name.replace(/\..*$/, ""));
      rows.push(`${name},${label},source ${index % groups}`);
    }
  }
  await writeFile(join(directory, "manifest.csv"), `${rows.join("\r\n")}\r\n`);
}

/** Writes one signal, drawn by the seed; the ending of the name decides the format. */
export async function writeSignal(path: string, label: string, seed: string): Promise<void> {
  const { values, steps } = drawSignal(label, createRandom(seed));
  const times = Float64Array.from({ length: steps }, (_, t) => 1_700_000_000 + t / rate);
  if (path.endsWith(".csv")) {
    const rows = Array.from(times, (time, t) => [time, values[2 * t], values[2 * t + 1]].join(","));
    await writeFile(path, `time,left,right\n${rows.join("\n")}\n`);
    return;
  }
  await writeFile(
    path,
    encodeSafetensors({
      features: { shape: [steps, 2], data: values },
      timestamps: { shape: [steps], data: times },
    }),
  );
}

function drawSignal(label: string, random: Random): { values: Float32Array; steps: number } {
  const steps = random.integer(36, 48);
  const phase = random.next();
  const period = random.uniform(9, 11);
  const strength = random.uniform(0.9, 1.1);
  const values = new Float32Array(2 * steps);
  for (let t = 0; t < steps; t++) {
    values[2 * t] = strength * shapes[label]!((phase + t / period) % 1) + 0.05 * random.normal();
    values[2 * t + 1] = 0.1 * random.normal();
  }
  return { values, steps };
}
