import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withDownload } from "../../../src/pipeline/queue/download-video.js";

let server: Server;
let home: string;
/** What came, and where it was. */
let paths: string[] = [];

const limits = { maxSize: 1000, timeout: 30 };
const never = new AbortController().signal;
const fetched = (name: string, more: Partial<typeof limits> = {}): Promise<string> =>
  withDownload(
    `${home}/clips/${name}`,
    { urls: [`${home}/clips/`] },
    { ...limits, ...more },
    (path) => {
      paths.push(path);
      return readFile(path, "utf8");
    },
    never,
  );

beforeAll(async () => {
  server = createServer((request, response) => {
    const name = request.url?.slice("/clips/".length) ?? "";
    if (name === "a.mp4") response.end("content");
    else if (name === "large.mp4") response.end("x".repeat(1001));
    else if (name === "slow.mp4") response.write("x");
    else if (name === "moved.mp4") response.writeHead(302, { location: "a.mp4" }).end();
    else if (name === "leaves.mp4") response.writeHead(302, { location: "/secret" }).end();
    else if (name === "round.mp4") response.writeHead(302, { location: "round.mp4" }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("a video is downloaded to a file of its own, which is gone afterwards", async () => {
  paths = [];
  expect(await fetched("a.mp4")).toBe("content");
  expect(await fetched("moved.mp4")).toBe("content");
  expect(new Set(paths.map(dirname)).size).toBe(2);
  for (const path of paths) expect(existsSync(dirname(path))).toBe(false);
});

test.each([
  ["leaves.mp4", "ERR_USAGE", /secret does not begin with/],
  ["round.mp4", "ERR_FILE_NOT_FOUND", /redirects more than/],
  ["large.mp4", "ERR_TOO_LARGE", /--max-download/],
  ["none.mp4", "ERR_FILE_NOT_FOUND", /answers 404/],
])("%s is %s", async (name, code, message) => {
  paths = [];
  await expect(fetched(name)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(paths).toEqual([]);
});

test("a server that stops sending is given up", async () => {
  await expect(fetched("slow.mp4", { timeout: 0.2 })).rejects.toMatchObject({
    code: "ERR_TIMEOUT",
  });
});
