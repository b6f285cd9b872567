import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../cli/run-program.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { type Answer, ask, type ServedStudio, serve } from "./serve-program.js";

const root = sharedDirectory();
const served = join(root, "clips");
const cacheDir = join(root, "cache");
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const oddName = "a %41#?&é.mp4";
let studio: ServedStudio;

beforeAll(async () => {
  await mkdir(join(served, "inside"), { recursive: true });
  await writeFile(join(served, oddName), bytes);
  await writeFile(join(served, "notes.txt"), "secret");
  await writeFile(join(root, "outside.mp4"), "secret");
  await writeFile(join(root, "clips-too.mp4"), "secret");
  await symlink(join(root, "outside.mp4"), join(served, "link.mp4"));
  await symlink(root, join(served, "way-out"));
  await symlink(join(served, "notes.txt"), join(served, "disguised.mp4"));
  studio = await serve([served], cacheDir);
});

afterAll(async () => {
  await studio.stop();
});

const withToken = (): Record<string, string> => ({ authorization: `Bearer ${studio.token}` });
const video = (path: string): string => `/api/video?path=${encodeURIComponent(path)}`;
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(studio, path, { headers: { ...withToken(), ...headers } });
const told = ({ body }: Answer): string => JSON.parse(body.toString()).error.message;
const correction = (path: string, parts: object[]): Promise<Answer> =>
  ask(studio, "/api/corrections", {
    method: "PUT",
    headers: { ...withToken(), "content-type": "application/json" },
    body: JSON.stringify({ path, parts }),
  });

describe("who is let in", () => {
  test.each([
    ["no token", {}],
    ["a wrong token", { authorization: "Bearer nonsense" }],
    ["an empty token", { authorization: "Bearer " }],
    ["a wrong cookie", { cookie: "muybridge=nonsense" }],
  ])("nobody with %s", async (_, headers) => {
    for (const path of [
      "/api/state",
      "/api/events",
      "/api/openapi.json",
      video(join(served, oddName)),
    ]) {
      const answer = await ask(studio, path, { headers });
      expect(answer.status, path).toBe(401);
      expect(answer.body.toString()).not.toContain(served);
    }
  });

  test("nobody by another way to write an address", async () => {
    for (const path of [
      "/%61pi/state",
      "/api//state",
      "//api/state",
      "/api/./state",
      "/x/../api/state",
      "/API/state",
      "/api/state/",
    ]) {
      const { status } = await ask(studio, path);
      expect([401, 403, 404], path).toContain(status);
    }
  });

  test("a browser with the token of the address gets a cookie that scripts and other sites do not", async () => {
    const session = (token: string): Promise<Answer> =>
      ask(studio, "/api/session", {
        method: "POST",
        headers: { "content-type": "application/json", origin: `http://127.0.0.1:${studio.port}` },
        body: JSON.stringify({ token }),
      });
    expect((await session("nonsense")).status).toBe(401);
    const answer = await session(studio.token);
    expect(answer.status).toBe(204);
    const [cookie] = answer.headers["set-cookie"] as string[];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    const state = await ask(studio, "/api/state", { headers: { cookie: cookie!.split(";")[0]! } });
    expect(state.status).toBe(200);
    expect(JSON.parse(state.body.toString())).toMatchObject({ roots: [served], results: [] });
  });

  test.each([
    ["a name that was led here", { host: "evil.example:PORT" }],
    ["a name that only begins like this machine's", { host: "127.0.0.1.evil.example:PORT" }],
    ["another port", { host: "127.0.0.1:1" }],
    ["a name that is none", { host: "[::1" }],
    ["another origin", { origin: "http://evil.example" }],
    ["another origin on this machine", { origin: "http://127.0.0.1:1" }],
    ["an origin that is hidden", { origin: "null" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another port of this machine", { "sec-fetch-site": "same-site" }],
  ])("not even with the token, from %s", async (_, headers) => {
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value.replace("PORT", String(studio.port)),
      ]),
    );
    const answer = await get("/api/state", filled);
    expect([400, 403]).toContain(answer.status);
    expect(answer.body.toString()).not.toContain(served);
  });

  test("a change needs an origin, or the token in its header", async () => {
    const [cookie] = (
      await ask(studio, "/api/session", {
        method: "POST",
        headers: { "content-type": "application/json", origin: `http://127.0.0.1:${studio.port}` },
        body: JSON.stringify({ token: studio.token }),
      })
    ).headers["set-cookie"] as string[];
    const answer = await ask(studio, "/api/corrections/undo", {
      method: "POST",
      headers: { cookie: cookie! },
    });
    expect(answer.status).toBe(403);
    expect(told(answer)).toContain("Origin");
  });

  test("the page itself is for all, and may load and run nothing from elsewhere", async () => {
    const { status, headers, body } = await ask(studio, "/");
    expect(status).toBe(200);
    expect(body.toString()).toContain("Muybridge studio");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect((await ask(studio, "/../package.json")).status).toBeGreaterThanOrEqual(400);
    expect((await ask(studio, "/%2e%2e/%2e%2e/package.json")).status).toBeGreaterThanOrEqual(400);
  });
});

describe("which files are seen", () => {
  test.each([
    ["elsewhere", () => join(root, "outside.mp4")],
    ["elsewhere, by dots", () => `${served}/../outside.mp4`],
    ["beside a folder of the same beginning", () => `${served}-too.mp4`],
    ["elsewhere, by a link", () => join(served, "link.mp4")],
    ["elsewhere, by a linked folder", () => join(served, "way-out", "outside.mp4")],
    ["of the system", () => "/etc/passwd"],
    ["with a relative path", () => "clips/a.mp4"],
    ["with a zero in its name", () => `${join(served, oddName)}\0.mp4`],
  ])("none %s", async (_, path) => {
    for (const way of ["video", "filmstrip", "folder"]) {
      const answer = await get(`/api/${way}?path=${encodeURIComponent(path())}`);
      expect(answer.status, way).toBe(404);
      expect(answer.body.toString()).not.toContain("secret");
    }
    expect((await correction(path(), [{ label: "x" }])).status).toBe(404);
  });

  test("none that is not a video, even by the name of a link", async () => {
    for (const name of ["notes.txt", "disguised.mp4", "inside", ".muybridge"]) {
      expect((await get(video(join(served, name)))).status, name).toBe(415);
    }
  });

  test("a list leaves out what is hidden and what leads out", async () => {
    const { body } = await get(`/api/folder?path=${encodeURIComponent(served)}`);
    expect(JSON.parse(body.toString())).toMatchObject({
      above: null,
      folders: [{ name: "inside" }],
      videos: [{ name: oddName }, { name: "disguised.mp4" }],
      manifests: [],
    });
  });

  test("a manifest cannot name files elsewhere", async () => {
    const manifest = join(served, "inside", "list.csv");
    await writeFile(manifest, `path,label\n${join(root, "outside.mp4")},a\n`);
    const started = await ask(studio, "/api/jobs", {
      method: "POST",
      headers: { ...withToken(), "content-type": "application/json" },
      body: JSON.stringify({ kind: "check", dataset: manifest }),
    });
    expect(started.status).toBe(200);
    const { id } = JSON.parse(started.body.toString());
    await expect
      .poll(async () => {
        const { jobs } = JSON.parse((await get("/api/state")).body.toString());
        return jobs.find((job: { id: string }) => job.id === id);
      })
      .toMatchObject({ state: "failed", error: { code: "ERR_DATASET_INVALID" } });
  });
});

describe("ranges of a video", () => {
  test.each([
    ["bytes=0-9", 206, bytes.subarray(0, 10), "bytes 0-9/1000"],
    ["bytes=990-", 206, bytes.subarray(990), "bytes 990-999/1000"],
    ["bytes=-5", 206, bytes.subarray(995), "bytes 995-999/1000"],
    ["bytes=990-99999999999999999999", 206, bytes.subarray(990), "bytes 990-999/1000"],
    ["bytes=1000-", 416, undefined, undefined],
    ["bytes=0-1,5-6", 200, bytes, undefined],
    ["bytes=9-0", 416, undefined, undefined],
    ["lines=0-9", 200, bytes, undefined],
    ["nonsense", 200, bytes, undefined],
  ])("%s", async (range, status, content, told) => {
    const answer = await get(video(join(served, oddName)), { range });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-range"]).toBe(told);
    if (content) expect(answer.body.equals(content)).toBe(true);
    if (status < 300) expect(answer.headers["content-type"]).toBe("video/mp4");
  });
});

describe("how much is taken", () => {
  test("no body of many megabytes", async () => {
    const parts = [{ label: "x".repeat(3_000_000) }];
    const answer = await correction(join(served, oddName), parts).catch(() => undefined);
    // It may hang up before all is sent.
    if (answer) expect(answer.status).toBe(413);
    expect((await get("/api/state")).status).toBe(200);
  });

  test.each([
    ["a label of kilobytes", [{ label: "x".repeat(3000) }]],
    ["a label of nothing", [{ label: "  " }]],
    ["an end before the start", [{ label: "x", start: 2, end: 1 }]],
    ["a negative start", [{ label: "x", start: -1, end: 1 }]],
    ["thousands of parts", Array.from({ length: 1001 }, () => ({ label: "x" }))],
  ])("not %s", async (_, parts) => {
    const answer = await correction(join(served, oddName), parts);
    expect(answer.status).toBe(400);
    expect(told(answer)).toContain("parts");
  });

  test.each([
    ["no JSON", "{"],
    ["another kind of work", '{"kind":"format-disk"}'],
    ["a model's name that leads elsewhere", '{"kind":"train","dataset":"/","name":"../../x"}'],
    ["a setting out of range", '{"kind":"train","dataset":"/","name":"x","epochs":1e9}'],
  ])("as work not %s", async (_, body) => {
    const answer = await ask(studio, "/api/jobs", {
      method: "POST",
      headers: { ...withToken(), "content-type": "application/json" },
      body,
    });
    expect(answer.status).toBe(400);
  });

  const upload = (name: string, content: string): Promise<Answer> =>
    ask(studio, "/api/uploads", {
      method: "POST",
      headers: { ...withToken(), "content-type": "multipart/form-data; boundary=cut" },
      body: `--cut\r\ncontent-disposition: form-data; name="video"; filename="${name}"\r\n\r\n${content}\r\n--cut--\r\n`,
    });

  test("an upload keeps to its folder, whatever it is called, and overwrites nothing", async () => {
    const uploads = join(served, ".muybridge", "uploads");
    for (const name of ["../../escape.mp4", "..\\\\escape.mp4", "escape.mp4"]) {
      const answer = await upload(name, name);
      expect(answer.status).toBe(200);
    }
    expect((await readdir(uploads)).sort()).toEqual(["escape-2.mp4", "escape-3.mp4", "escape.mp4"]);
    expect(await readdir(root)).not.toContain("escape.mp4");
    const refused = await upload("page.html", "<script>");
    expect(refused.status).toBe(415);
    expect(told(refused)).toContain("page.html");
  });

  test("an upload that is cut off leaves nothing", async () => {
    const uploads = join(served, ".muybridge", "uploads");
    const before = await readdir(uploads);
    const cut = `--cut\r\ncontent-disposition: form-data; name="video"; filename="half.mp4"\r\n\r\nhalf`;
    const answer = await ask(studio, "/api/uploads", {
      method: "POST",
      headers: { ...withToken(), "content-type": "multipart/form-data; boundary=cut" },
      body: cut,
    }).catch(() => undefined);
    if (answer) expect(answer.status).toBeGreaterThanOrEqual(400);
    await expect.poll(() => readdir(uploads)).toEqual(before);
  });
});

test("the server describes itself (OpenAPI)", async () => {
  const document = JSON.parse((await get("/api/openapi.json")).body.toString());
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      "/api/state",
      "/api/jobs",
      "/api/corrections",
      "/api/uploads",
      "/api/video",
    ]),
  );
});

test("corrections are a manifest, and can be undone, also after an end of the server", async () => {
  const path = join(served, oddName);
  expect((await correction(path, [{ label: "a, b" }])).status).toBe(200);
  expect((await correction(path, [{ label: "c", start: 0.5, end: 1 }])).status).toBe(200);
  const manifest = join(served, ".muybridge", "corrections.csv");
  expect(await readFile(manifest, "utf8")).toBe(
    `path,label,start,end\r\n../${oddName},c,0.5,1\r\n`,
  );
  const second = await runProgram(["serve", served, "--port", "0"], { cacheDir });
  expect(second.code).toBe(2);
  expect(second.stderr).toContain("Another studio");
  const folder = join(served, ".muybridge");
  await writeFile(join(folder, "labels.jsonl"), '{"path":"half', { flag: "a" });
  studio.child.kill("SIGKILL");
  await new Promise((resolve) => studio.child.once("exit", resolve));
  studio = await serve([served], cacheDir);
  const state = JSON.parse((await get("/api/state")).body.toString());
  expect(state.corrections.videos).toEqual([{ path, parts: [{ label: "c", start: 0.5, end: 1 }] }]);
  expect(studio.said()).toContain("no complete results");
  const undo = (): Promise<Answer> =>
    ask(studio, "/api/corrections/undo", { method: "POST", headers: withToken() });
  expect(JSON.parse((await undo()).body.toString()).videos[0].parts).toEqual([{ label: "a, b" }]);
  expect(JSON.parse((await undo()).body.toString()).videos).toEqual([]);
  expect((await undo()).status).toBe(400);
  expect(await studio.stop()).toBe(0);
  expect(await readdir(folder)).not.toContain("serve.pid");
});

test.each([
  [["no-such-folder"], "no folder"],
  [["--model", "no-such-model"], "cannot be read"],
  [["--port", "70000"], "65535"],
])("serve %j is refused in words", async (args, words) => {
  const { code, stderr } = await runProgram(["serve", ...args], { cacheDir, cwd: served });
  expect(code).not.toBe(0);
  expect(stderr).toContain(words);
});
