import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";

/** What is wrong with a page in one way of looking at it. */
export interface PageFaults {
  /** Pixels by which the page is wider than the window. */
  readonly overflow: number;
  /** Requests that left the file. */
  readonly requests: readonly string[];
  /** Errors of the console and of scripts. */
  readonly errors: readonly string[];
  /** Findings of axe-core (WCAG 2.1 A and AA). */
  readonly accessibility: readonly string[];
}

/** A way of looking at a page. */
export interface Viewing {
  readonly width: number;
  readonly colorScheme?: "light" | "dark";
  readonly media?: "screen" | "print";
}

/** The same page without anything to complain of. */
export const faultless: PageFaults = { overflow: 0, requests: [], errors: [], accessibility: [] };

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Opens a file in a browser and looks for faults. */
export async function examinePage(
  browser: Browser,
  file: string,
  { width, colorScheme = "light", media = "screen" }: Viewing,
): Promise<PageFaults> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  try {
    await page.emulateMedia({ media });
    const url = pathToFileURL(file).href;
    const requests: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => {
      const target = request.url();
      if (target !== url && !target.startsWith("data:")) requests.push(target);
    });
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    const overflow = await page.evaluate<number>(
      "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
    );
    return { overflow, requests, errors, accessibility: await accessibilityFaults(page) };
  } finally {
    await page.close();
  }
}

/** Findings of axe-core in a page as it stands. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axe, "utf8"));
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.html.slice(0, 200))))`,
  );
}
