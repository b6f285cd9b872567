import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { downloadFile } from "../../../src/features/download/download-file.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import { serve, whole } from "../file-server.js";
import { openProxy } from "../proxy-server.js";

const bytes = randomBytes(50_000);

/** What the machine that runs the tests has set must not matter. */
beforeEach(() => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

async function get(url: string): Promise<Buffer> {
  const path = join(await temporaryDirectory(), "file");
  await downloadFile(path, { urls: [url], maxSize: 1e6, tries: 2, firstWait: 0.01 });
  return readFile(path);
}

test("HTTP_PROXY is used, and NO_PROXY is the exception", async () => {
  const [server, proxy] = [await serve(whole(bytes)), await openProxy()];
  vi.stubEnv("HTTP_PROXY", proxy.url);
  expect(Buffer.compare(await get(server.url), bytes)).toBe(0);
  expect(proxy.asked).toEqual([server.url]);
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  await get(server.url);
  expect(proxy.asked).toHaveLength(1);
  expect(server.requests).toHaveLength(2);
});

test("HTTPS goes through a tunnel of HTTPS_PROXY; a proxy that refuses is told", async () => {
  const proxy = await openProxy();
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  await expect(get("https://weights.example/file")).rejects.toThrow(
    "https://weights.example/file: Proxy response (403)",
  );
  expect(proxy.asked).toEqual(["weights.example:443"]);
});

test("a proxy that is no address is wrong usage", async () => {
  vi.stubEnv("HTTPS_PROXY", "not an address");
  await expect(get("https://weights.example/file")).rejects.toMatchObject({
    code: "ERR_USAGE",
    parameter: "HTTPS_PROXY",
  });
});
