import { Worker } from "node:worker_threads";
import { afterAll } from "vitest";

/** A server on the loopback that counts who connects. */
export interface LoopbackServer {
  readonly port: number;
  connectionsSeen(): Promise<number>;
}

/** In its own thread, since libav would block the one that waits for an answer. */
const code = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:http").createServer((request, response) => response.writeHead(404).end());
  let connections = 0;
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
  parentPort.on("message", () => parentPort.postMessage(connections));
`;

/** Starts one for all tests of the file that calls this. */
export async function openLoopbackServer(): Promise<LoopbackServer> {
  const thread = new Worker(code, { eval: true });
  afterAll(() => thread.terminate());
  const answer = (): Promise<number> =>
    new Promise((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    });
  const port = await answer();
  return {
    port,
    connectionsSeen() {
      const seen = answer();
      thread.postMessage("how many?");
      return seen;
    },
  };
}
