import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  allowedPath,
  allowedUrl,
  checkUrlPrefix,
} from "../../../src/pipeline/queue/allowed-places.js";
import { sharedDirectory } from "../../frames/shared-directory.js";

const base = sharedDirectory();
const root = join(base, "root");

test("a path must stay under the root, symbolic links resolved", async () => {
  await mkdir(join(root, "deep"), { recursive: true });
  await mkdir(join(base, "root-of-others"));
  const inside = join(root, "deep", "a.mp4");
  const outside = join(base, "root-of-others", "secret.mp4");
  await writeFile(inside, "");
  await writeFile(outside, "");
  await symlink(outside, join(root, "leads-out.mp4"));
  await symlink(join(base, "root-of-others"), join(root, "directory-out"));
  await symlink(inside, join(root, "stays.mp4"));
  for (const path of [inside, "deep/a.mp4", "deep/../deep/a.mp4", "stays.mp4"]) {
    expect(await allowedPath(path, { root }), path).toBe(inside);
  }
  const refused = [
    outside,
    "../root-of-others/secret.mp4",
    "leads-out.mp4",
    "directory-out/secret.mp4",
    "deep/../../root-of-others/secret.mp4",
    "/etc/passwd",
    "deep/a.mp4\0.mp4",
  ];
  for (const path of refused) {
    await expect(allowedPath(path, { root }), path).rejects.toMatchObject({ code: "ERR_USAGE" });
  }
  await expect(allowedPath("deep/b.mp4", { root })).rejects.toMatchObject({
    code: "ERR_FILE_NOT_FOUND",
  });
});

test("a worker for addresses alone takes no path, and one without a root no relative one", async () => {
  const urls = ["https://host/clips/"];
  await expect(allowedPath(base, { urls })).rejects.toMatchObject({ code: "ERR_USAGE" });
  await expect(allowedPath("a.mp4", {})).rejects.toMatchObject({ code: "ERR_USAGE" });
  expect(await allowedPath(base, {})).toBe(base);
});

test("an address must begin with one that is allowed", () => {
  const urls = ["https://host/clips", "http://127.0.0.1:81/"];
  for (const url of ["https://host/clips/a.mp4?x=1", "https://HOST/x/../clips/b/c.mp4"]) {
    expect(allowedUrl(url, { urls }).origin).toBe("https://host");
  }
  const refused = [
    "http://host/clips/a.mp4",
    "https://host/clips-of-others/a.mp4",
    "https://host/clips/../secret.mp4",
    "https://host/clips/%2e%2e/secret.mp4",
    "https://host/clips/..%2fsecret.mp4",
    "https://host.evil/clips/a.mp4",
    "https://host@evil/clips/a.mp4",
    "https://user:word@host/clips/a.mp4",
    "http://127.0.0.1:82/a.mp4",
    "file:///etc/passwd",
    "no address",
  ];
  for (const url of refused) {
    expect(() => allowedUrl(url, { urls }), url).toThrow(/does not begin with an address/);
  }
});

test.each(["ftp://host/", "https://host/?q=1", "https://user:word@host/", "clips/"])(
  "%s is no beginning of addresses",
  (text) => {
    expect(() => checkUrlPrefix(text, "allow-url")).toThrow(/no beginning of addresses/);
  },
);
