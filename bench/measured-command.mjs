import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { machineBusySeconds } from "./machine.mjs";

/** The program as it is built. */
export const program = fileURLToPath(new URL("../dist/src/cli/main.js", import.meta.url));

/**
 * What a command took.
 *
 * @typedef {object} Measurement
 * @property {number} wall seconds from start to end of the whole process
 * @property {number} cpu seconds of CPU time, user and system, of the process and all its children
 * @property {number} others part of the machine's cores that other processes had meanwhile, 0 to 1
 * @property {number} firstLine seconds until the first bytes on standard output; NaN where there were none
 * @property {string} stdout
 */

/**
 * Runs a command to its end and measures it.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Record<string, string | undefined>} [env] on top of this process's; undefined takes a variable out
 * @returns {Promise<Measurement>}
 * @throws Error with what the command said, where it fails.
 */
export async function measureCommand(file, args, env = {}) {
  const busyBefore = machineBusySeconds();
  const began = performance.now();
  // bash's `time` counts the children's children as well, which Node has no call for.
  const timed = 'TIMEFORMAT="%R %U %S"; time "$@"';
  const child = spawn("bash", ["-c", timed, "bash", file, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let firstLine = Number.NaN;
  child.stdout.once("data", () => {
    firstLine = (performance.now() - began) / 1000;
  });
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const busy = machineBusySeconds() - busyBefore;
  const said = stderr.trimEnd().split("\n");
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = (said.pop() ?? "")
    .split(" ")
    .map(Number);
  if (code !== 0) {
    throw new Error(`${[file, ...args].join(" ")} ended with ${code}.\n${said.join("\n")}`);
  }
  const cpu = user + system;
  const others = Math.max(0, (busy - cpu) / (wall * cpus().length));
  return { wall, cpu, others, firstLine, stdout };
}

/**
 * Runs muybridge to its end and measures it.
 *
 * @param {readonly string[]} args
 * @param {string} cacheDirectory
 */
export function measureProgram(args, cacheDirectory) {
  return measureCommand(process.execPath, [program, ...args], {
    MUYBRIDGE_CACHE_DIR: cacheDirectory,
  });
}
