import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { accessibilityFaults } from "../browser/page-quality.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import {
  type PatternPart,
  writePatternSet,
  writePatterns,
} from "../pipeline/windows/pattern-clips.js";
import { takeFigure } from "./figures.js";
import { type ServedStudio, serve } from "./serve-program.js";

const root = sharedDirectory();
const served = join(root, "patterns");
const fresh = join(root, "fresh");
const cacheDir = join(root, "cache");
const state = join(served, ".muybridge");
const chromium = findChromium("the studio in a browser");

/** The videos that are dropped: two clips and a film. */
const dropped: Readonly<Record<string, readonly PatternPart[]>> = {
  one: [{ label: "checks", seconds: 2, seed: "one" }],
  two: [{ label: "rings", seconds: 2, seed: "two" }],
  film: [
    { label: "stripes", seconds: 3, seed: "film, first" },
    { label: "checks", seconds: 3, seed: "film, second" },
  ],
};

/** Milliseconds that work may take on a machine that has other things to do. */
const patience = 20_000;

/** What will be so before long. */
const soon = <T>(look: () => T | Promise<T>) =>
  expect.poll(look, { timeout: patience, interval: 20 });

describe.skipIf(!chromium)("the studio in a browser", () => {
  let studio: ServedStudio;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    await writePatternSet(join(served, "clips"), 2);
    await mkdir(fresh);
    for (const [name, parts] of Object.entries(dropped)) {
      await writePatterns(join(fresh, `${name}.mp4`), parts);
    }
    await writeFile(join(fresh, "broken.mp4"), "this is no video");
    studio = await serve([served], cacheDir);
    browser = await launchChromium(chromium!);
    page = await openPage();
  });

  afterAll(async () => {
    await browser?.close();
    await studio?.stop();
  });

  async function openPage(): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    opened.setDefaultTimeout(patience);
    opened.on("pageerror", (error) => errors.push(error.message));
    opened.on("console", (message) => {
      if (message.type() === "error" || /Content.Security/.test(message.text())) {
        errors.push(message.text());
      }
    });
    await opened.goto(studio.url);
    await opened.getByRole("heading", { name: "Label", level: 1 }).waitFor();
    return opened;
  }

  const goTo = (name: string): Promise<void> =>
    page.getByRole("navigation").getByRole("button", { name }).click();
  const clip = (name: string) =>
    page.getByRole("list", { name: "Clips" }).getByRole("button", { name });

  /** Narrow and wide, light and dark: nothing sticks out, and axe-core finds nothing. */
  async function expectWellMade(name: string): Promise<void> {
    for (const [width, colorScheme] of [
      [360, "light"],
      [1920, "dark"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      const overflow = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, `${name} at ${width}`).toBeLessThanOrEqual(0);
      expect(await accessibilityFaults(page), `${name} at ${width}`).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    await takeFigure(page, name);
  }

  test("the key leaves the address, and who has none is not let in", async () => {
    expect(new URL(page.url()).hash).toBe("");
    await page.getByText("There is no model yet.").waitFor();
    const other = await browser.newContext();
    const stranger = await other.newPage();
    await stranger.goto(`http://127.0.0.1:${studio.port}/`);
    await stranger.getByRole("heading", { name: "Not let in" }).waitFor();
    expect(await accessibilityFaults(stranger)).toEqual([]);
    await other.close();
  });

  test("a folder is checked and learned from, with curves as it goes", async () => {
    await goTo("Train");
    await page.getByRole("button", { name: "clips/" }).click();
    await page.getByRole("button", { name: "Learn from this folder" }).click();
    await page.getByRole("button", { name: "Check the data set" }).click();
    await page.getByText("the class checks has only 2 clips").waitFor();
    await page.getByLabel("Name of the model").fill("first");
    await page.getByText("Settings", { exact: true }).click();
    await page.getByLabel("Network").selectOption("bilstm");
    await page.getByLabel("Epochs, at most").fill("12");
    await page.getByLabel("Hidden units").fill("16");
    await page.getByLabel("Frames of a clip").fill("8");
    await page.getByRole("button", { name: "Train", exact: true }).last().click();
    await page.getByRole("img", { name: /^Loss after \d+ epochs/ }).waitFor();
    await page.getByRole("button", { name: "Judge first" }).waitFor();
    expect(await readdir(join(state, "models", "first"))).toContain("model.json");
  });

  test("dropped videos are labelled, and what fails says why", async () => {
    await goTo("Label");
    await page.getByLabel("Find segments").selectOption("2");
    const names = [...Object.keys(dropped), "broken"];
    const files = await Promise.all(
      names.map(async (name) => ({
        name: `${name}.mp4`,
        bytes: (await readFile(join(fresh, `${name}.mp4`))).toString("base64"),
      })),
    );
    // As text, since what runs in the browser has other types than this file.
    const transfer = await page.evaluateHandle(`{
      const data = new DataTransfer();
      for (const { name, bytes } of ${JSON.stringify(files)}) {
        const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
        data.items.add(new File([content], name, { type: "video/mp4" }));
      }
      data;
    }`);
    await page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
    await page.getByText("broken.mp4 is not a video that can be read").waitFor();
    for (const name of Object.keys(dropped)) {
      await clip(`${name}.mp4`).filter({ hasText: "%" }).waitFor();
    }
    await clip("film.mp4").filter({ hasText: "stripes" }).filter({ hasText: "checks" }).waitFor();
    await expectWellMade("label");
    const [jsonl] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "JSONL" }).click(),
    ]);
    const lines = (await readFile(await jsonl.path(), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).filter(({ label }) => label)).toHaveLength(3);
    await page.getByLabel("Which").selectOption("failed");
    await soon(() => page.getByText("1 of 4 clips").isVisible()).toBe(true);
    await page.getByLabel("Which").selectOption("all");
  });

  test("a film is put right by keys alone, which is kept at once", async () => {
    await clip("film.mp4").focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "film.mp4" });
    await dialog
      .getByRole("img", { name: /stripes from 0.0 to .* checks from .* to 6.0 s/ })
      .waitFor();
    await soon(() => page.evaluate<number>("document.querySelector('video').duration")).toBeCloseTo(
      6,
      1,
    );
    const rows = async (): Promise<string[]> =>
      (await readFile(join(state, "corrections.csv"), "utf8")).split("\r\n").slice(1, -1);
    await dialog.getByRole("heading").focus();
    await page.keyboard.press("Enter");
    await dialog.getByText("This is what you say.").waitFor();
    await soon(rows).toEqual([
      expect.stringMatching(/^uploads\/film\.mp4,stripes,0,\d\S*$/),
      expect.stringMatching(/^uploads\/film\.mp4,checks,\d\S*,6$/),
    ]);
    const start = dialog.getByLabel("Start of part 2, seconds");
    await start.fill("3");
    await start.blur();
    const right = ["uploads/film.mp4,stripes,0,3", "uploads/film.mp4,checks,3,6"];
    await soon(rows).toEqual(right);
    await dialog.getByRole("heading").focus();
    await page.keyboard.press("Shift+ArrowRight");
    await expectWellMade("clip");
    // Faster than the server answers.
    for (const key of ["s", "3"]) await page.keyboard.press(key);
    await soon(rows).toEqual([
      "uploads/film.mp4,stripes,0,1",
      "uploads/film.mp4,rings,1,3",
      "uploads/film.mp4,checks,3,6",
    ]);
    for (const key of ["u", "u"]) await page.keyboard.press(key);
    await soon(rows).toEqual(right);
    await soon(rows).toEqual(right);
    // By the mouse: the cut between the parts, from 3 s to 2 s.
    const drawing = (await dialog.getByRole("img", { name: /^Probabilities/ }).boundingBox())!;
    const bar = drawing.y + drawing.height - 10;
    await page.mouse.move(drawing.x + drawing.width / 2 + 2, bar);
    await page.mouse.down();
    await page.mouse.move(drawing.x + drawing.width / 3, bar, { steps: 4 });
    await page.mouse.up();
    await soon(rows).toEqual([
      expect.stringMatching(/^uploads\/film\.mp4,stripes,0,(2|1\.9|2\.0)/),
      expect.stringMatching(/^uploads\/film\.mp4,checks,(2|1\.9|2\.0)\d*,6$/),
    ]);
    await page.keyboard.press("u");
    await soon(rows).toEqual(right);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    for (const [name, is] of [
      ["one", "checks"],
      ["two", "rings"],
    ] as const) {
      await clip(`${name}.mp4`).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: new RegExp(is) })
        .click();
      await soon(rows).toContain(`uploads/${name}.mp4,${is},,`);
      await page.keyboard.press("Escape");
    }
  });

  test("a model is trained on what was put right, and held against the first", async () => {
    await goTo("Train");
    await page.getByLabel(/what you said: 3 videos, 3 labels/).check();
    await page.getByLabel("Name of the model").fill("second");
    await page.getByRole("button", { name: "Train", exact: true }).last().click();
    await page.getByRole("button", { name: "Judge second" }).click();
    await page.getByRole("button", { name: /^1 clips of rings taken for/ }).click();
    const behind = page.getByRole("list", { name: /^rings taken for/ }).getByRole("button");
    await behind.filter({ hasText: "two.mp4" }).waitFor();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/^On 4 clips: first/).waitFor();
    await expectWellMade("train");
  });

  test("what to label next is suggested", async () => {
    await goTo("Suggest");
    await page.getByRole("button", { name: "clips/" }).click();
    await page.getByRole("button", { name: "Suggest clips of this folder" }).click();
    await page.getByText("0 of 6 are done.").waitFor();
    await page.getByRole("list", { name: "Suggested clips" }).getByRole("button").first().click();
    await page.getByRole("dialog").getByRole("button", { name: /rings/ }).click();
    await page.getByText("This is what you say.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("1 of 6 are done.").waitFor();
    await expectWellMade("suggest");
  });

  test("all of it is there after the machine has died", async () => {
    await goTo("Train");
    await page.getByLabel("Name of the model").fill("third");
    await page.getByText("Settings", { exact: true }).click();
    await page.getByLabel("Epochs, at most").fill("1000");
    await page.getByRole("button", { name: "Train", exact: true }).last().click();
    await page.getByRole("img", { name: /^Loss after \d+ epochs/ }).waitFor();
    await soon(() => readFile(join(state, "jobs.json"), "utf8")).toContain("third");
    studio.child.kill("SIGKILL");
    await new Promise((resolve) => studio.child.once("exit", resolve));
    await page.getByText("The server does not answer.").waitFor();
    expect(
      errors.filter((text) => !/ERR_CONNECTION|ERR_INCOMPLETE|Failed to load/.test(text)),
    ).toEqual([]);
    await page.close();
    studio = await serve([served], cacheDir);
    page = await openPage();
    await page.getByText("5 of 5 clips").waitFor();
    await clip("one.mp4").filter({ hasText: "by you" }).waitFor();
    await goTo("Train");
    await page.getByRole("button", { name: "Judge second" }).waitFor();
    // The training that was cut off goes on, until it is stopped.
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Training: stopped").waitFor();
    expect(await studio.stop()).toBe(0);
  });
});
