import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ramps } from "../sequence/training/sequences.js";

/** A data set of sequences that rise or fall, as CSV files, one folder a class; groups in the names of the files. */
export async function writeCsvRamps(directory: string, count: number): Promise<void> {
  const { x, y } = ramps(count);
  for (const [index, sequence] of x.entries()) {
    const folder = join(directory, y[index] === 0 ? "rise" : "fall");
    await mkdir(folder, { recursive: true });
    const rows = ["a,b,c"];
    for (let i = 0; i < sequence.length; i += 3) {
      rows.push([...sequence.subarray(i, i + 3)].join());
    }
    const group = String(1 + (index >> 1)).padStart(2, "0");
    await writeFile(join(folder, `v_ramp_g${group}_c01.csv`), `${rows.join("\n")}\n`);
  }
}
