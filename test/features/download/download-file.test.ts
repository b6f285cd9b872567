import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ProgressEvent } from "../../../src/core/progress.js";
import {
  type DownloadOptions,
  downloadFile,
} from "../../../src/features/download/download-file.js";
import { redirectTarget } from "../../../src/features/download/http-get.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import {
  type Answer,
  cutAt,
  etagOf,
  type FileServer,
  say,
  serve,
  stallAt,
  whole,
  writeAndCut,
} from "../file-server.js";

const bytes = randomBytes(300_000);
const other = randomBytes(300_000);
const half = 150_000;
const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const known = { size: bytes.length, sha256: digest(bytes) };
/** Asks for what follows the first bytes. How many those are depends on what was read before the cut. */
const theRest = expect.stringMatching(/^bytes=[1-9]\d*-$/) as string;
const unavailable = { code: "ERR_WEIGHTS_UNAVAILABLE" };

/** A place to download to; servers are tried in their order. */
async function place() {
  const directory = await temporaryDirectory();
  const path = join(directory, "weights.bin");
  return {
    directory,
    path,
    get: (servers: readonly Pick<FileServer, "url">[], options: Partial<DownloadOptions> = {}) =>
      downloadFile(path, {
        urls: servers.map(({ url }) => url),
        maxSize: 1e6,
        firstWait: 0.01,
        tries: 4,
        ...options,
      }),
    /** Expects the file and nothing beside it. */
    expectOnly: async (content: Uint8Array) => {
      expect(await readdir(directory)).toEqual(["weights.bin"]);
      expect(Buffer.compare(await readFile(path), content)).toBe(0);
    },
  };
}

test("a file comes whole, with its digest, and progress is told up to its end", async () => {
  const { get, expectOnly } = await place();
  const server = await serve(whole(bytes));
  const events: ProgressEvent[] = [];
  const got = await get([server], { ...known, onProgress: (event) => void events.push(event) });
  expect(got).toEqual({ url: server.url, ...known });
  expect(events.at(-1)).toMatchObject({ stage: "pull", done: 300, total: 300, unit: "kB" });
  expect(server.requests[0]!.headers["accept-encoding"]).toBe("identity");
  await expectOnly(bytes);
});

test("after a cut connection only the rest is asked for, of this very version", async () => {
  const { get, expectOnly } = await place();
  const server = await serve(cutAt(bytes, half), whole(bytes));
  const warnings: string[] = [];
  await get([server], { ...known, onWarning: (message) => void warnings.push(message) });
  await expectOnly(bytes);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]!.headers).toMatchObject({
    range: theRest,
    "if-range": etagOf(bytes),
  });
  expect(warnings).toEqual([`${server.url}: the connection was cut; trying again in 0.01 s`]);
});

test("an interrupted download keeps what came, and the next call goes on from there", async () => {
  const { directory, get, expectOnly } = await place();
  const stalled = await serve(stallAt(bytes, half), whole(bytes));
  const interruption = new AbortController();
  const reason = new Error("that is enough");
  const first = get([stalled], {
    ...known,
    signal: interruption.signal,
    onProgress: () => setTimeout(() => interruption.abort(reason), 50),
  });
  await expect(first).rejects.toBe(reason);
  expect(await readdir(directory)).toEqual([
    expect.stringMatching(/^weights\.bin\..*\.part$/),
    expect.stringMatching(/^weights\.bin\..*\.part\.json$/),
  ]);
  await get([stalled], known);
  await expectOnly(bytes);
  expect(stalled.requests[1]!.headers.range).toEqual(theRest);
});

test("a server that stalls is asked again", async () => {
  const { get, expectOnly } = await place();
  const server = await serve(stallAt(bytes, half), whole(bytes));
  await get([server], { ...known, idleTimeout: 0.5 });
  await expectOnly(bytes);
  expect(server.requests[1]!.headers.range).toEqual(theRest);
});

test("a server that never answers is given up after so many tries", async () => {
  const { directory, get } = await place();
  const server = await serve(() => {});
  const refused = get([server], { ...known, idleTimeout: 0.1, tries: 2 });
  await expect(refused).rejects.toThrow("no answer came for too long (tried 2 times)");
  expect(server.requests).toHaveLength(2);
  expect(await readdir(directory)).toEqual([]);
});

test("a server that ignores ranges begins anew", async () => {
  const { get, expectOnly } = await place();
  const all: typeof whole = (content) => (_, response) =>
    void response.writeHead(200, { "content-length": content.length }).end(content);
  const server = await serve(cutAt(bytes, half), all(bytes));
  await get([server], known);
  await expectOnly(bytes);
});

test.each<[string, Answer]>([
  ["answers with the new one", whole(other)],
  [
    "sends a part of the new one",
    (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range!)![0]);
      const range = `bytes ${start}-${other.length - 1}/${other.length}`;
      response
        .writeHead(206, { etag: etagOf(other), "content-range": range })
        .end(other.subarray(start));
    },
  ],
  ["has only this much", say(416, { "content-range": "bytes */1000" })],
])(
  "a file that changed meanwhile is not mixed with the old one: the server %s",
  async (_, second) => {
    const { get, expectOnly } = await place();
    const server = await serve(cutAt(bytes, half), second, whole(other));
    expect(await get([server])).toMatchObject({ sha256: digest(other) });
    await expectOnly(other);
  },
);

test("a part without a mark of its version is gone on with only where the digest is known", async () => {
  const nameless =
    (length: number): ReturnType<typeof whole> =>
    (_, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      writeAndCut(response, bytes.subarray(0, length));
    };
  const unsure = await place();
  const first = await serve(nameless(half), whole(bytes));
  await unsure.get([first]);
  await unsure.expectOnly(bytes);
  expect(first.requests[1]!.headers.range).toBeUndefined();
  const sure = await place();
  const second = await serve(nameless(half), whole(bytes));
  await sure.get([second], known);
  await sure.expectOnly(bytes);
  expect(second.requests[1]!.headers.range).toEqual(theRest);
});

test("a connection that hangs after the last byte has lost nothing", async () => {
  const { get, expectOnly } = await place();
  const server = await serve((_, response) => {
    response.writeHead(200, { etag: etagOf(bytes) }).write(bytes);
  }, whole(bytes));
  await get([server], { idleTimeout: 0.5 });
  await expectOnly(bytes);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]!.headers.range).toBe(`bytes=${bytes.length}-`);
});

test("wrong bytes are refused, saying what was expected and what came, and nothing of them stays", async () => {
  const { directory, get } = await place();
  const server = await serve(whole(other));
  const refused = get([server], known);
  await expect(refused).rejects.toMatchObject(unavailable);
  await expect(refused).rejects.toThrow(
    `the SHA-256 ${digest(other)}, expected is ${digest(bytes)}; it was removed`,
  );
  expect(server.requests).toHaveLength(1);
  expect(await readdir(directory)).toEqual([]);
});

test("a kept part that turns out wrong gets one fresh try", async () => {
  const { get, expectOnly } = await place();
  const spoilt = Buffer.from(bytes);
  spoilt[100]! ^= 1;
  const server = await serve((_, response) => {
    response.writeHead(200, { etag: etagOf(bytes), "content-length": bytes.length });
    writeAndCut(response, spoilt.subarray(0, half));
  }, whole(bytes));
  await get([server], known);
  await expectOnly(bytes);
  expect(server.requests.map(({ headers }) => headers.range)).toEqual([
    undefined,
    theRest,
    undefined,
  ]);
});

test("another size than the known one is refused before the file comes", async () => {
  const { get } = await place();
  const server = await serve(whole(bytes.subarray(1)));
  await expect(get([server], known)).rejects.toThrow("has 299999 bytes, expected are 300000");
  expect(server.requests).toHaveLength(1);
});

test("a length that is a lie ends after so many tries", async () => {
  const { get } = await place();
  const server = await serve((request, response) => {
    if (request.headers.range)
      return say(416, { "content-range": "bytes */300001" })(request, response);
    response.writeHead(200, { etag: etagOf(bytes), "content-length": bytes.length + 1 });
    writeAndCut(response, bytes);
  });
  await expect(get([server])).rejects.toMatchObject(unavailable);
  expect(server.requests).toHaveLength(4);
});

test("more bytes than there may be are refused, and nothing of them stays", async () => {
  const { directory, get } = await place();
  const endless = await serve((_, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write(Buffer.alloc(65_536), more);
    };
    more();
  });
  await expect(get([endless])).rejects.toThrow("more than the expected 1000000 bytes came");
  await expect(get([endless], known)).rejects.toThrow("more than the expected 300000 bytes came");
  const large = await serve(say(200, { "content-length": "1000001" }));
  await expect(get([large])).rejects.toThrow("1000001 bytes, more than the 1000000 allowed");
  expect(await readdir(directory)).toEqual([]);
});

test("too few bytes are gone on with", async () => {
  const { get, expectOnly } = await place();
  const server = await serve((_, response) => {
    response.writeHead(200, { etag: etagOf(bytes) }).end(bytes.subarray(0, half));
  }, whole(bytes));
  await get([server], known);
  await expectOnly(bytes);
});

test.each([
  [
    "a page with the status 200",
    say(200, { "content-type": "text/html" }, "<p>log in"),
    "a web page came",
  ],
  ["404", say(404), "HTTP 404"],
  ["403", say(403), "HTTP 403"],
  ["a compressed answer", say(200, { "content-encoding": "gzip" }, "x"), "it came as gzip"],
  ["an unwanted part", say(206, { "content-range": "bytes 5-9/10" }, "56789"), "HTTP 206"],
])("%s is not tried again; the next address is", async (_, bad, why) => {
  const { get, expectOnly } = await place();
  const [first, second] = [await serve(bad), await serve(whole(bytes))];
  await get([first, second], known);
  await expectOnly(bytes);
  expect(first.requests).toHaveLength(1);
  const alone = await place();
  await expect(alone.get([first], known)).rejects.toThrow(why);
});

test("when every address fails, the error says of each one why", async () => {
  const { get } = await place();
  const [first, second] = [await serve(say(404)), await serve(say(410))];
  const refused = get([first, second, { url: "ftp://host/file" }], known);
  await expect(refused).rejects.toMatchObject(unavailable);
  await expect(refused).rejects.toThrow(
    `${first.url}: HTTP 404\n${second.url}: HTTP 410\nftp://host/file: ftp://host/file is not a web address`,
  );
});

test("a server that is busy is asked again, after the time it names", async () => {
  const { get, expectOnly } = await place();
  const busy = say(503, { "retry-after": "0.02" });
  const server = await serve(busy, say(500), whole(bytes));
  const warnings: string[] = [];
  await get([server], { ...known, onWarning: (message) => void warnings.push(message) });
  await expectOnly(bytes);
  expect(warnings[0]).toContain("HTTP 503; trying again in 0.02 s");
  expect(warnings[1]).toContain("HTTP 500; trying again in 0.02 s");
});

test("what came of one address is kept while another one fails", async () => {
  const { get, expectOnly } = await place();
  const [first, second] = [
    await serve(cutAt(bytes, half), say(404), whole(bytes)),
    await serve(say(404)),
  ];
  await expect(get([first, second], known)).rejects.toThrow(/[1-9]\d* bytes are kept/);
  await get([second, first], known);
  await expectOnly(bytes);
  expect(first.requests.at(-1)!.headers.range).toEqual(theRest);
  expect(second.requests).toHaveLength(1);
});

test("redirects are followed, but not for ever", async () => {
  const { get, expectOnly } = await place();
  const moved = await serve(say(302, { location: "/elsewhere" }), whole(bytes));
  await get([moved], known);
  await expectOnly(bytes);
  expect(moved.requests[1]!.url).toBe("/elsewhere");
  const circle = await serve(say(301, { location: "/file" }));
  await expect(get([circle], known)).rejects.toThrow("it redirects more than 5 times");
  const outside = await serve(say(302, { location: "file:///etc/passwd" }));
  await expect(get([outside], known)).rejects.toThrow("redirects to file:///etc/passwd");
});

test("a redirect does not lead out of HTTPS", () => {
  const from = new URL("https://host/a");
  expect(redirectTarget(from, "b").href).toBe("https://host/b");
  expect(redirectTarget(new URL("http://host/a"), "https://other/b").href).toBe("https://other/b");
  expect(() => redirectTarget(from, "http://host/b")).toThrow("http://host/b");
});

test("two downloads of one file at the same time both succeed", async () => {
  const { get, expectOnly } = await place();
  const server = await serve(cutAt(bytes, half), cutAt(bytes, half), whole(bytes));
  const both = await Promise.all([get([server], known), get([server], known)]);
  expect(both.map(({ sha256 }) => sha256)).toEqual([known.sha256, known.sha256]);
  await expectOnly(bytes);
});

test("what one download is still writing is not taken over by another", async () => {
  const { get, expectOnly } = await place();
  const server = await serve(stallAt(bytes, half), whole(bytes));
  let second: Promise<unknown> | undefined;
  const onProgress = (): void => void (second ??= get([server], known));
  await get([server], { ...known, onProgress, idleTimeout: 0.5 });
  await second;
  await expectOnly(bytes);
  expect(server.requests[1]!.headers.range).toBeUndefined();
});

test("a place that cannot be written to is told", async () => {
  const { directory } = await place();
  await writeFile(join(directory, "file"), "");
  const server = await serve(whole(bytes));
  const refused = downloadFile(join(directory, "file", "weights.bin"), {
    urls: [server.url],
    maxSize: 1e6,
  });
  await expect(refused).rejects.toMatchObject(unavailable);
  await expect(refused).rejects.toThrow("MUYBRIDGE_CACHE_DIR");
});
