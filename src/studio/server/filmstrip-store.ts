import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { digestOf } from "../../core/digest.js";
import type { Span } from "../../frames/decoder.js";
import { identifyFile } from "../../pipeline/file-digest.js";
import { openWorkerPool } from "../../pipeline/worker-pool.js";

/** Pictures of videos, drawn once, in a process of their own: a file may be such that its decoder dies. */
export interface FilmstripStore {
  /**
   * A few frames side by side.
   *
   * @returns JPEG
   * @throws MuybridgeError of the decoder
   */
  readonly draw: (path: string, span?: Span) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** Frames of a strip: what a card has room for. */
const frames = 5;

/** Seconds that one may take. */
const timeout = 60;

/** Opens the store in a folder. */
export function openFilmstrips(directory: string): FilmstripStore {
  const pool = openWorkerPool({ jobs: 1, timeout });
  return {
    async draw(path, span) {
      const { identity } = await identifyFile(path);
      const kept = join(directory, `${digestOf({ path, identity, span, frames })}.jpg`);
      const known = await readFile(kept).catch(() => undefined);
      if (known) return known;
      const task = { path, count: frames, ...(span ? { span } : {}) };
      const { jpeg } = await pool.run("drawFilmstrip", task, path);
      await writeFileAtomically(kept, jpeg);
      return jpeg;
    },
    close: () => pool.close(),
  };
}
