import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { program } from "../cli/run-program.js";

/** The program as it serves a folder. */
export interface ServedStudio {
  /** As it was printed. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly child: ChildProcess;
  /** All that was said on stderr. */
  readonly said: () => string;
  /** Ends it as Ctrl-C does. @returns the exit code, or the signal that ended it */
  readonly stop: () => Promise<number | string | null>;
}

/** Starts `muybridge serve` on a port that is free, and waits for its address. */
export async function serve(args: readonly string[], cacheDir: string): Promise<ServedStudio> {
  const child = spawn(process.execPath, [program, "serve", ...args, "--port", "0"], {
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: cacheDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes("\n")) resolve(stdout.split("\n")[0]!);
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${stderr}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    token: url.split("#token=")[1]!,
    child,
    said: () => stderr,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGINT");
        await ended;
      }
      return child.exitCode ?? child.signalCode;
    },
  };
}

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A request as any program can make it: with whatever headers, and a path that is sent as it stands. */
export function ask(
  { port }: Pick<ServedStudio, "port">,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const sent = request(
      { host: "127.0.0.1", port, path, method, headers, agent: false },
      (got) => {
        const chunks: Buffer[] = [];
        got.on("data", (chunk: Buffer) => chunks.push(chunk));
        got.on("error", reject);
        got.on("end", () =>
          resolve({
            status: got.statusCode ?? 0,
            headers: got.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    // A server that has had enough hangs up while the rest is still sent.
    sent.on("error", reject);
    sent.end(body);
  });
}
