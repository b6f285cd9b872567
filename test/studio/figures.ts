import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import sharp from "sharp";

/** Colours of a figure: a page has few. */
const colours = 128;

/**
 * Keeps what a page looks like, light and dark, as docs/figures/studio-NAME-light.png and -dark.png, where
 * MUYBRIDGE_FIGURES is set.
 */
export async function takeFigure(page: Page, name: string): Promise<void> {
  if (!process.env.MUYBRIDGE_FIGURES) return;
  // So that a video shows no sign of loading.
  await page.waitForTimeout(1500);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const picture = await page.screenshot();
    const path = fileURLToPath(
      new URL(`../../docs/figures/studio-${name}-${colorScheme}.png`, import.meta.url),
    );
    await sharp(picture).png({ palette: true, colours, effort: 10 }).toFile(path);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
