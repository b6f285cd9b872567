import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";

/** The processes that a process has started. Linux only, as all of these. */
export function childrenOf(pid: number): number[] {
  return (look(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) ?? "")
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

/** Paths of the files that a process has open. */
export function openFiles(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  const names = look(() => readdirSync(directory)) ?? [];
  return names.flatMap((name) => look(() => readlinkSync(`${directory}/${name}`)) ?? []);
}

/** Whether a process is there and not only waits for its parent to notice its end. */
export function isRunning(pid: number): boolean {
  const status = look(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return status !== undefined && !/\) [ZX] /.test(status);
}

const python = spawnSync("python3", ["--version"]).status === 0;
if (!python)
  console.warn(
    "SKIPPED: a worker that loses its pipe, since there is no Python; it is killed instead.",
  );

/** Takes the file descriptor of another process and closes the connection behind it. */
const shutdown = `
import ctypes, os, socket, sys
pid, fd = int(sys.argv[1]), int(sys.argv[2])
pidfd_getfd = 438
own = ctypes.CDLL(None, use_errno=True).syscall(pidfd_getfd, os.pidfd_open(pid), fd, 0)
if own < 0: raise OSError(ctypes.get_errno(), "pidfd_getfd")
socket.socket(fileno=own).shutdown(socket.SHUT_RDWR)
`;

/**
 * Cuts the pipe between a child process of Node and its parent. The process is stopped until it is cut, so that it does
 * not end its work before.
 */
export async function losePipe(pid: number): Promise<void> {
  if (!python) return void process.kill(pid, "SIGKILL");
  process.kill(pid, "SIGSTOP");
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  const descriptor = /NODE_CHANNEL_FD=(\d+)/.exec(environment)?.[1] ?? "";
  await promisify(execFile)("python3", ["-c", shutdown, String(pid), descriptor]);
  // Its parent may have ended it already.
  look(() => process.kill(pid, "SIGCONT"));
}

function look<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // It ended between two looks.
    return undefined;
  }
}
