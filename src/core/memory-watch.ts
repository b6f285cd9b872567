import { totalmem } from "node:os";
import { processTrees } from "./process-tree.js";

/** Bytes a process may hold where nothing is said: many times what a video and a CNN take. */
const usualLimit = 4 * 2 ** 30;

/** Part of the machine's memory that one process may hold at most, so that the machine itself stays usable. */
const largestPart = 0.8;

/** Bytes a process that works on a file may hold where no limit is given: 4 GiB, or 80 % of a smaller machine's memory. */
export function defaultMemoryLimit(): number {
  // Of a container, what it is given; 0 or a number beyond all memory where nothing limits it.
  const given = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(usualLimit, largestPart * Math.min(totalmem(), given)));
}

/** Milliseconds between two looks; where a program has to be run for each, they are rarer. */
const interval = process.platform === "linux" ? 250 : 2000;

/** Watches the memory of processes. */
export interface MemoryWatch {
  /**
   * Watches a process and all that it starts.
   *
   * @param onExcess called once, when they together hold more than the limit
   * @returns ends the watching
   */
  watch(pid: number, onExcess: () => void): () => void;
}

/** Opens a watch. It looks several times a second (Linux; every 2 s on other Unix systems, never on Windows) while there is something to watch. */
export function openMemoryWatch(limit: number): MemoryWatch {
  const watched = new Map<number, () => void>();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    timer = undefined;
    const pids = [...watched.keys()];
    const trees = await processTrees(pids);
    for (const [i, pid] of pids.entries()) {
      const held = trees[i]!.reduce((sum, { resident }) => sum + resident, 0);
      if (held <= limit) continue;
      watched.get(pid)?.();
      watched.delete(pid);
    }
    lookLater();
  };
  const lookLater = (): void => {
    if (timer || watched.size === 0 || process.platform === "win32") return;
    timer = setTimeout(() => void look(), interval).unref();
  };
  return {
    watch(pid, onExcess) {
      watched.set(pid, onExcess);
      lookLater();
      return () => void watched.delete(pid);
    },
  };
}
