import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import { openStageCache } from "../../src/pipeline/stage-cache.js";
import { temporaryDirectory } from "../core/temporary-directory.js";
import { numberedPicture, writeNumberedPictures } from "../frames/picture-files.js";

test("images:DIR is known by its rate and by its pictures in their order, not by their names", async () => {
  const root = await temporaryDirectory();
  const { contentDigest } = openStageCache({ cacheDir: join(root, "cache") });
  const shots = await writeNumberedPictures(join(root, "shots"), 4);
  const digest = await contentDigest(`images:${shots}`);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await contentDigest(`images:${shots}/?fps=25`)).toBe(digest);
  expect(await contentDigest(`images:${shots}?fps=24`)).not.toBe(digest);

  const renamed = join(root, "renamed");
  await mkdir(renamed);
  for (let i = 0; i < 4; i++) {
    await cp(join(shots, `img${i}.png`), join(renamed, `shot-${i + 8}.png`));
  }
  await writeFile(join(renamed, "notes.txt"), "no picture");
  expect(await contentDigest(`images:${renamed}`)).toBe(digest);
  await rename(join(renamed, "shot-8.png"), join(renamed, "shot-12.png"));
  expect(await contentDigest(`images:${renamed}`)).not.toBe(digest);

  await numberedPicture(30).png().toFile(join(shots, "img2.png"));
  const changed = await contentDigest(`images:${shots}`);
  expect(changed).not.toBe(digest);
  await rm(join(shots, "img2.png"));
  await symlink(join(root, "nowhere"), join(shots, "img2.png"));
  const unreadable = await contentDigest(`images:${shots}`);
  expect([digest, changed]).not.toContain(unreadable);
});

test("a file is known by its bytes; what is no directory of pictures is refused", async () => {
  const root = await temporaryDirectory();
  const { contentDigest } = openStageCache({ cacheDir: join(root, "cache") });
  const shots = await writeNumberedPictures(join(root, "shots"), 1);
  const file = join(shots, "img0.png");
  expect(await contentDigest(file)).toBe(sha256(await readFile(file)));
  const cases = [
    [`images:${root}`, "ERR_NOT_A_VIDEO"],
    [`images:${file}`, "ERR_NOT_A_VIDEO"],
    [`images:${join(root, "nowhere")}`, "ERR_FILE_NOT_FOUND"],
    [shots, "ERR_NOT_A_VIDEO"],
  ] as const;
  for (const [path, code] of cases)
    await expect(contentDigest(path)).rejects.toMatchObject({ code });
});
