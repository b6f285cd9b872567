import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built program. */
export const program = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

/** How a run of the program ended. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runProgram}. */
export interface ProgramOptions {
  readonly cacheDir: string;
  readonly cwd?: string;
  readonly input?: string;
  /** Called with the child as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => unknown;
}

/** Runs the program as a user would, with standard output and error piped. */
export function runProgram(
  args: readonly string[],
  { cacheDir, cwd, input = "", onStart }: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, MUYBRIDGE_CACHE_DIR: cacheDir },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
    onStart?.(child);
  });
}
