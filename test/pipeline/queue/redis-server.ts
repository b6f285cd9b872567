import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createConnection, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether the server's program is installed. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) {
  console.warn(
    "SKIPPED: the queue, since there is no redis-server (apt-get install redis-server).",
  );
}

/** A server of its own, whose data are in a directory while it lives. */
export interface RedisServer {
  readonly url: string;
  /** Starts it again at the same port, with what it had written. */
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts one on a free port of the loopback, which writes each change to its log of changes. */
export async function openRedisServer(directory: string): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory];
      const log = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
      child = spawn("redis-server", [...place, ...log], { stdio: "ignore" });
      while (!(await answers(port))) await sleep(20);
    },
    async stop(signal = "SIGTERM") {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child?.once("exit", resolve));
      child.kill(signal);
      await ended;
    },
  };
  await server.start();
  return server;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith("+PONG"));
    });
    socket.write("PING\r\n");
  });
}
