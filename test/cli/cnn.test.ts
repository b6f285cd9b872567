import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import { type Answer, etagOf, serveSecurely, stallAt, whole } from "../features/file-server.js";
import { openProxy } from "../features/proxy-server.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { type ProgramOptions, runProgram } from "./run-program.js";

const root = sharedDirectory();
const cacheDir = join(root, "cache");
const run = (args: readonly string[], options: Partial<ProgramOptions> = {}) =>
  runProgram(["cnn", ...args], { cacheDir, ...options });

/** What the machine that runs the tests has set must not matter. */
beforeEach(() => {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

test.each([[""], ["list"], ["pull"], ["path"]])(
  "cnn %s has a help with an example",
  async (...command) => {
    const { code, stdout } = await run([...command.filter(Boolean), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Example:\n  muybridge cnn ");
  },
);

test("the list shows names, sizes, licences, what is here and what was checked", async () => {
  const { code, stdout } = await run(["list"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^mobilenet-v2 +1280 +Apache-2\.0 +embedded +verified/m);
  expect(stdout).toMatch(/^mobilenet-v2-imagenet +1280 +3\.6 MB +Apache-2\.0 +not here +verified/m);
  expect(stdout).toMatch(/^googlenet +1024 +Apache-2\.0 +not here +unverified/m);
  const listed = JSON.parse((await run(["list", "--json"])).stdout) as { name: string }[];
  expect(listed).toContainEqual(
    expect.objectContaining({ name: "googlenet", place: "not here", sha256: null, size: null }),
  );
});

test("the path of the embedded one is that of the file in its package", async () => {
  const { code, stdout, stderr } = await run(["path", "mobilenet-v2"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { sha256: digest } = JSON.parse((await run(["path", "mobilenet-v2", "--json"])).stdout);
  expect(sha256(readFileSync(stdout.trimEnd()))).toBe(digest);
});

test("one that is not there is told with what to do, also to other commands", async () => {
  const { code, stdout, stderr } = await run(["path", "googlenet"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("ERR_WEIGHTS_UNAVAILABLE");
  expect(stderr).toContain("muybridge cnn pull googlenet");
  expect(stderr).toContain(join(cacheDir, "cnn", "googlenet", "inception_v1_224_quant.tflite"));
  const args = ["features", "no.mp4", "--out", root, "--cnn", "googlenet"];
  expect((await runProgram(args, { cacheDir })).stderr).toContain("muybridge cnn pull googlenet");
});

test("an unknown name is wrong usage", async () => {
  for (const command of ["pull", "path"]) {
    const { code, stderr } = await run([command, "resnet-1001"]);
    expect(code).toBe(2);
    expect(stderr).toContain("googlenet");
  }
});

test("a pull that cannot reach its server says why and how to do without", async () => {
  vi.stubEnv("HTTPS_PROXY", (await openProxy()).url);
  const { code, stdout, stderr } = await run(["pull", "mobilenet-v1-imagenet"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("Proxy response (403)");
  expect(stderr).toContain(
    `put it at ${join(cacheDir, "cnn", "mobilenet-v1-imagenet", "mobilenet_v1_1.0_224_quant.tflite")}`,
  );
});

test("a file that was put there by hand is taken, and stays when the cache is cleared", async () => {
  const path = join(cacheDir, "cnn", "mobilenet-v1-imagenet", "mobilenet_v1_1.0_224_quant.tflite");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "\x1c\0\0\0TFL3 by hand");
  const { code, stdout, stderr } = await run(["pull", "mobilenet-v1-imagenet"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}\n` });
  expect(stderr).toContain("nobody has checked these weights");
  expect((await runProgram(["cache", "clear"], { cacheDir })).code).toBe(0);
  expect((await run(["path", "mobilenet-v1-imagenet"])).stdout).toBe(`${path}\n`);
});

/** A certificate for the host of the weights, that only this test's programs trust. */
function certificateOf(host: string): { key: string; cert: string; path: string } | undefined {
  const [key, cert] = [join(root, "key.pem"), join(root, "cert.pem")];
  const what = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const where = ["-nodes", "-keyout", key, "-out", cert, "-days", "2"];
  const whose = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  try {
    execFileSync("openssl", [...what, ...where, ...whose], { stdio: "ignore" });
  } catch {
    console.warn("SKIPPED: whole pulls by HTTPS. openssl, which makes a certificate, is missing.");
    return undefined;
  }
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), path: cert };
}

const host = "raw.githubusercontent.com";
const certificate = certificateOf(host);
const weights = Buffer.concat([Buffer.from("\x1c\0\0\0TFL3"), randomBytes(200_000)]);

/** Has the programs reach a server on this machine in place of the host. */
async function serveAsHost(...answers: Answer[]) {
  const server = await serveSecurely(certificate!, ...answers);
  const proxy = await openProxy(server.port);
  vi.stubEnv("HTTPS_PROXY", proxy.url);
  vi.stubEnv("NODE_EXTRA_CA_CERTS", certificate!.path);
  return { server, proxy };
}

test.skipIf(!certificate)("two programs that pull the same at once both get it", async () => {
  const { server } = await serveAsHost(whole(weights));
  const own = join(root, "another-cache");
  const path = join(own, "cnn", "googlenet", "inception_v1_224_quant.tflite");
  const pull = () => run(["pull", "googlenet", "--quiet"], { cacheDir: own });
  for (const result of await Promise.all([pull(), pull()])) {
    expect(result).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
  }
  expect(server.requests.length).toBeGreaterThan(0);
  expect(Buffer.compare(await readFile(path), weights)).toBe(0);
  expect(readdirSync(dirname(path))).toHaveLength(2);
});

test.skipIf(!certificate)(
  "a pull by HTTPS through a proxy survives Ctrl-C and kill -9, and goes on where it was",
  async () => {
    const further: typeof whole = (content) => (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range!)![0]);
      response.writeHead(206, {
        etag: etagOf(content),
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      });
      response.write(content.subarray(start, start + 10_000));
    };
    const { server, proxy } = await serveAsHost(
      stallAt(weights, 100_000),
      further(weights),
      whole(weights),
    );
    const stopOnceUnderWay = (signal: NodeJS.Signals): Partial<ProgramOptions> => ({
      onStart: (child) => {
        const stop = (chunk: Buffer): void => {
          if (chunk.includes('"stage":"pull"')) child.kill(signal);
        };
        child.stderr?.on("data", stop);
      },
    });
    const pull = ["pull", "googlenet", "--progress", "json"];
    const path = join(cacheDir, "cnn", "googlenet", "inception_v1_224_quant.tflite");

    const interrupted = await run(pull, stopOnceUnderWay("SIGINT"));
    expect(interrupted).toMatchObject({ code: 130, stdout: "" });
    const killed = await run(pull, stopOnceUnderWay("SIGKILL"));
    expect(killed).toMatchObject({ code: null, stdout: "" });
    const done = await run(pull);
    expect(done).toMatchObject({ code: 0, stdout: `${path}\n` });
    expect(done.stderr).toContain(`has the SHA-256 ${sha256(weights)}`);
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
    expect(readdirSync(dirname(path)).sort()).toEqual([
      "inception_v1_224_quant.tflite",
      "inception_v1_224_quant.tflite.json",
    ]);
    expect(new Set(proxy.asked)).toEqual(new Set([`${host}:443`]));
    expect(server.requests.map(({ url }) => url)).toEqual(
      Array(3).fill(
        expect.stringMatching(/^\/google-coral\/test_data\/[0-9a-f]{40}\/inception_v1/),
      ),
    );
    const [first, second, third] = server.requests.map(({ headers }) =>
      Number(/^bytes=(\d+)-$/.exec(headers.range ?? "bytes=0-")![1]),
    );
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second!);
  },
);
