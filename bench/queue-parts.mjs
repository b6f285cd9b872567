import { spawn } from "node:child_process";
import { createConnection, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { program } from "./measured-command.mjs";

/** A free port of the loopback. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * A Redis that writes each change to its log of changes.
 *
 * @param {number} port
 * @param {string} directory
 */
export async function startRedis(port, directory) {
  const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", directory];
  const log = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"];
  const child = spawn("redis-server", [...place, ...log], { stdio: "ignore" });
  while (!(await ask(port, "PING"))?.startsWith("+PONG")) await sleep(50);
  return child;
}

/** What Redis answers to a command, as far as it comes at once. @param {number} port @param {string} command @returns {Promise<string | undefined>} */
export function ask(port, command) {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("error", () => resolve(undefined));
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString());
    });
    socket.write(`${command}\r\n`);
  });
}

/**
 * Runs muybridge.
 *
 * @param {readonly string[]} args
 * @param {string} cache
 */
export function start(args, cache) {
  return spawn(process.execPath, [program, ...args], {
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: cache },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** How a process ended: its code, or null where it was killed. @param {import("node:child_process").ChildProcess} child @returns {Promise<number | null>} */
export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Resolves when a worker takes jobs. @param {import("node:child_process").ChildProcess} child @returns {Promise<void>} */
export function ready(child) {
  return new Promise((resolve) => {
    child.stderr?.on("data", (text) => {
      if (String(text).includes("Waiting for videos")) resolve();
    });
  });
}
