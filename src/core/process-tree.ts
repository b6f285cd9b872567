import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** A process, as the system tells it. */
export interface ProcessMemory {
  readonly pid: number;
  /** Bytes of memory it holds now. */
  readonly resident: number;
}

/** Milliseconds that listing all processes may take. */
const listingTime = 5000;

/**
 * Processes and all that they have started, with the memory they hold: from /proc on Linux, from the program `ps` on
 * other Unix systems. Windows has neither: nothing is told there. A process that has ended is left out.
 */
export async function processTrees(
  roots: readonly number[],
): Promise<readonly (readonly ProcessMemory[])[]> {
  if (process.platform === "win32" || roots.length === 0) return roots.map(() => []);
  if (process.platform === "linux") return Promise.all(roots.map(treeOfProc));
  const table = await listByPs().catch(() => []);
  return roots.map((root) => treeOf(root, table));
}

/** Ends processes and all that they have started, at once: nothing can catch it, and a stopped process dies too. */
export async function killTrees(roots: readonly number[]): Promise<void> {
  const found = await processTrees(roots).catch(() => []);
  const descendants = found
    .flat()
    .map(({ pid }) => pid)
    .filter((pid) => !roots.includes(pid));
  // The roots last: one of them may be this process.
  for (const pid of [...descendants.reverse(), ...roots]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

async function treeOfProc(root: number): Promise<ProcessMemory[]> {
  const found: ProcessMemory[] = [];
  const pids = [root];
  // Grows while it is walked: children of children come after them.
  for (const pid of pids) {
    try {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      const kilobytes = /^VmRSS:\s*(\d+)/m.exec(status)?.[1];
      // One that has ended, but whose parent has not noticed, holds no memory.
      if (kilobytes === undefined) continue;
      found.push({ pid, resident: Number(kilobytes) * 1024 });
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
      pids.push(...children.split(" ").filter(Boolean).map(Number));
    } catch {
      // It ended between the two looks.
    }
  }
  return found;
}

/** A line of the table of all processes. */
interface ListedProcess extends ProcessMemory {
  readonly parent: number;
}

async function listByPs(): Promise<ListedProcess[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,rss="], {
    timeout: listingTime,
  });
  return readProcessTable(stdout);
}

/** Reads what `ps -A -o pid=,ppid=,rss=` prints; it tells kilobytes. */
export function readProcessTable(text: string): ListedProcess[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((fields) => fields.length === 3 && fields.every(Number.isFinite))
    .map(([pid = 0, parent = 0, kilobytes = 0]) => ({ pid, parent, resident: kilobytes * 1024 }));
}

/** A process and its descendants among those of a table. */
export function treeOf(root: number, table: readonly ListedProcess[]): ProcessMemory[] {
  const found = table.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...table.filter(({ parent }) => parent === pid));
  return found.map(({ pid, resident }) => ({ pid, resident }));
}
