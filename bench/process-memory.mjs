import { readdirSync, readFileSync } from "node:fs";

/**
 * A process's memory, as Linux tells it.
 *
 * @typedef {object} ProcessMemory
 * @property {number} pid
 * @property {number} parent its parent's pid
 * @property {string} command its arguments, joined by spaces
 * @property {number} resident megabytes (10^6 bytes) now: VmRSS
 * @property {number} peak megabytes at most so far: VmHWM
 */

/**
 * The memory of a process and all its descendants, the process itself first. Nothing where it has ended.
 *
 * @param {number} root pid
 * @returns {ProcessMemory[]}
 */
export function processTreeMemory(root) {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const found = processes.filter(({ pid }) => pid === root);
  // Grows while it is walked: children of children come after them.
  for (const { pid } of found) found.push(...processes.filter(({ parent }) => parent === pid));
  return found;
}

/** @param {number} pid */
function readProcess(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? 0);
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    // One that has ended, but is not yet fetched by its parent, has no memory and says nothing of it.
    if (!status.includes("VmRSS")) return undefined;
    const megabytes = (/** @type {string} */ name) => (field(name) * 1024) / 1e6;
    return {
      pid,
      parent: field("PPid"),
      command,
      resident: megabytes("VmRSS"),
      peak: megabytes("VmHWM"),
    };
  } catch {
    // It ended between the two looks.
    return undefined;
  }
}
