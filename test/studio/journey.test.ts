import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, launchChromium } from "../browser/chromium.js";
import { accessibilityFaults } from "../browser/page-quality.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { writeGrowingSquares, writeSquare } from "../pipeline/growing-squares.js";
import { takeFigure } from "./figures.js";
import { type ServedStudio, serve } from "./serve-program.js";

const root = sharedDirectory();
const served = join(root, "squares");
const fresh = join(root, "fresh");
const cacheDir = join(root, "cache");
const state = join(served, ".muybridge");
const chromium = findChromium("the studio in a browser");

/** Milliseconds that work may take on a machine that has other things to do. */
const patience = 60_000;

describe.skipIf(!chromium)("the studio in a browser", () => {
  let studio: ServedStudio;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    await writeGrowingSquares(join(served, "clips"), 2);
    await mkdir(fresh);
    for (const [name, direction] of [
      ["one", "grow"],
      ["two", "shrink"],
      ["three", "grow"],
      ["four", "shrink"],
    ] as const) {
      await writeSquare(join(fresh, `${name}.mp4`), direction, name);
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
    await page.getByText("the class grow has only 4 clips").waitFor();
    await page.getByLabel("Name of the model").fill("first");
    await page.getByText("Settings", { exact: true }).click();
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
    const names = ["one", "two", "three", "four", "broken"];
    const files = await Promise.all(
      names.map(async (name) => ({
        name: `${name}.mp4`,
        bytes: (await readFile(join(fresh, `${name}.mp4`))).toString("base64"),
      })),
    );
    const transfer = await page.evaluateHandle((dropped) => {
      const data = new DataTransfer();
      for (const { name, bytes } of dropped) {
        const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
        data.items.add(new File([content], name, { type: "video/mp4" }));
      }
      return data;
    }, files);
    await page.dispatchEvent(".drop", "drop", { dataTransfer: transfer });
    await page.getByText("broken.mp4 is not a video that can be read").waitFor();
    for (const name of names.slice(0, 4)) {
      await clip(`${name}.mp4`)
        .filter({ hasText: /grow|shrink/ })
        .filter({ hasText: "%" })
        .waitFor();
    }
    await expectWellMade("label");
    const [jsonl] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "JSONL" }).click(),
    ]);
    const lines = (await readFile(await jsonl.path(), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).filter(({ label }) => label)).toHaveLength(4);
    await page.getByLabel("Which").selectOption("failed");
    await expect.poll(() => page.getByText("1 of 5 clips").isVisible()).toBe(true);
    await page.getByLabel("Which").selectOption("all");
  });

  test("a clip is put right by keys alone, which is kept at once", async () => {
    await clip("one.mp4").focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "one.mp4" });
    await dialog.waitFor();
    await dialog.getByRole("img", { name: /^Probabilities over time; at the end/ }).waitFor();
    const played = await dialog.locator("video").evaluate(
      (video: HTMLVideoElement) =>
        new Promise((resolve) => {
          if (video.readyState > 0) resolve(video.duration);
          video.onloadedmetadata = () => resolve(video.duration);
        }),
    );
    expect(played).toBeCloseTo(2, 1);
    await expectWellMade("clip");
    const manifest = (): Promise<string> => readFile(join(state, "corrections.csv"), "utf8");
    const label = (await dialog.getByLabel("Label of part 1").inputValue()) as string;
    await dialog.getByRole("heading").focus();
    await page.keyboard.press("Enter");
    await dialog.getByText("This is what you say.").waitFor();
    expect(await manifest()).toContain(`uploads/one.mp4,${label},,\r\n`);
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("s");
    await dialog.getByLabel("Label of part 2").waitFor();
    await expect.poll(manifest).toContain(`uploads/one.mp4,${label},0,1\r\n`);
    await dialog.getByLabel("Start of part 2, seconds").fill("1.5");
    await dialog.getByLabel("Start of part 2, seconds").blur();
    await expect.poll(manifest).toContain(`uploads/one.mp4,${label},0,1.5\r\n`);
    await dialog.getByRole("heading").focus();
    for (const _ of [1, 2]) {
      const before = await manifest();
      await page.keyboard.press("u");
      await expect.poll(manifest).not.toBe(before);
    }
    await expect.poll(manifest).toContain(`uploads/one.mp4,${label},,\r\n`);
    await dialog.getByRole("button", { name: /grow/ }).click();
    await expect.poll(manifest).toContain("uploads/one.mp4,grow,,\r\n");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    for (const [name, is] of [
      ["two", "shrink"],
      ["three", "grow"],
      ["four", "shrink"],
    ] as const) {
      await clip(`${name}.mp4`).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: new RegExp(is) })
        .click();
      await expect.poll(manifest).toContain(`uploads/${name}.mp4,${is},,\r\n`);
      await page.keyboard.press("Escape");
    }
  });

  test("a model is trained on what was put right, and held against the first", async () => {
    await goTo("Train");
    await page.getByLabel(/what you said: 4 videos, 2 labels/).check();
    await page.getByLabel("Name of the model").fill("second");
    await page.getByRole("button", { name: "Train", exact: true }).last().click();
    await page.getByRole("button", { name: "Judge second" }).click();
    const cells = page.getByRole("button", { name: /^\d clips of grow taken for/ });
    await cells.first().click();
    await page
      .getByRole("list", { name: /^grow taken for/ })
      .getByRole("button")
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/^On \d+ clips: first/).waitFor();
    await expectWellMade("train");
  });

  test("what to label next is suggested", async () => {
    await goTo("Suggest");
    await page.getByRole("button", { name: "clips/" }).click();
    await page.getByRole("button", { name: "Suggest clips of this folder" }).click();
    await page.getByText("0 of 8 are done.").waitFor();
    await page.getByRole("list", { name: "Suggested clips" }).getByRole("button").first().click();
    await page.getByRole("dialog").getByRole("button", { name: /grow/ }).click();
    await page.getByText("This is what you say.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("1 of 8 are done.").waitFor();
    await expectWellMade("suggest");
  });

  test("all of it is there after the machine has died", async () => {
    studio.child.kill("SIGKILL");
    await new Promise((resolve) => studio.child.once("exit", resolve));
    await page.getByText("The server does not answer.").waitFor();
    expect(
      errors.filter((text) => !/ERR_CONNECTION|ERR_INCOMPLETE|Failed to load/.test(text)),
    ).toEqual([]);
    await page.close();
    studio = await serve([served], cacheDir);
    page = await openPage();
    await page.getByText("6 of 6 clips").waitFor();
    await clip("one.mp4").filter({ hasText: "by you" }).waitFor();
    await goTo("Train");
    await page.getByRole("button", { name: "Judge second" }).waitFor();
  });
});
