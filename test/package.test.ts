import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sharedDirectory } from "./frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "./pipeline/growing-squares.js";

const execute = promisify(execFile);
const project = fileURLToPath(new URL("..", import.meta.url));
const root = sharedDirectory();
const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const shell = process.platform === "win32";

test("the package installs into an empty project and runs", async (context) => {
  const home = join(root, "empty");
  await mkdir(home);
  await writeFile(join(home, "package.json"), '{ "name": "empty", "private": true }');
  const packed = await execute(
    npm,
    ["pack", "--ignore-scripts", "--json", "--pack-destination", root],
    { cwd: project, shell },
  );
  const [{ filename, files }] = JSON.parse(packed.stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  const paths = files.map(({ path }) => path);
  expect(paths).toContain("dist/src/cli/main.js");
  expect(paths).toContain("README.md");
  expect(paths).toContain("dist/studio/index.html");
  expect(paths.filter((path) => /^(test|src|bench)\//.test(path))).toEqual([]);

  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", join(root, filename)];
  try {
    await execute(npm, install, { cwd: home, env: environment, shell });
  } catch (error) {
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(String(error))) throw error;
    console.warn("SKIPPED: installing the package. The npm registry cannot be reached.");
    return context.skip();
  }
  expect(await readdir(join(home, "node_modules", ".bin"))).toContain("muybridge");
  const video = join(home, "a.mp4");
  await writeSquare(video, "grow", "package");
  const main = join(home, "node_modules", "muybridge", "dist", "src", "cli", "main.js");
  const cache = { ...environment, MUYBRIDGE_CACHE_DIR: join(root, "cache") };
  const probed = await execute(process.execPath, [main, "probe", video, "--json"], { cwd: home });
  expect(JSON.parse(probed.stdout)).toMatchObject({ width: 96, codec: "h264" });
  const doctor = await execute(process.execPath, [main, "doctor"], { cwd: home, env: cache });
  expect(doctor.stdout).not.toContain("MISSING");
}, 600_000);

test("the README's library example runs as it stands", async () => {
  const home = join(root, "example");
  await mkdir(join(home, "node_modules"), { recursive: true });
  await writeFile(join(home, "package.json"), '{ "name": "example", "private": true }');
  await symlink(project, join(home, "node_modules", "muybridge"), "junction");
  await writeGrowingSquares(join(home, "clips"), 3);
  await writeSquare(join(home, "a.mp4"), "grow", "a");
  await writeSquare(join(home, "b.mp4"), "shrink", "b");
  const readme = await readFile(join(project, "README.md"), "utf8");
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(example).toContain('from "muybridge"');
  await writeFile(join(home, "example.mjs"), example!);
  const { stdout } = await execute(process.execPath, ["example.mjs"], {
    cwd: home,
    env: { ...process.env, MUYBRIDGE_CACHE_DIR: join(root, "cache") },
  });
  expect(stdout).toMatch(/a\.mp4 (grow|shrink)/);
  expect(stdout).toMatch(/b\.mp4 (grow|shrink)/);
}, 300_000);

test("the README names the two commands, and its links lead somewhere", async () => {
  const readme = await readFile(join(project, "README.md"), "utf8");
  const { scripts } = JSON.parse(await readFile(join(project, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(readme).toContain("npm ci && npm run demo");
  expect(readme).toContain("npm ci && npm test");
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["demo", "test"]));
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) await readFile(join(project, link));
});
