import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { openBrowser } from '@parallax/gateway/testing';
import { root } from '../architecture/source-files.ts';

const waitMs = 30_000;

/** What the page shows of an experiment that has ended. */
export interface SeenPage {
  /** Text of each cell of the heat map, clean accuracies first, then row by row. */
  readonly cells: readonly string[];
  /** Images of the strip of clean, adversarial and amplified-difference images that have loaded. */
  readonly images: number;
}

/** Opens the page at a URL in a browser, reads it, and keeps a screenshot in `test/output`. */
export async function visitPage(url: string, screenshot: string): Promise<SeenPage> {
  const browser = await openBrowser();
  try {
    // The page allows no evaluated scripts, which is how a test looks into it.
    const page = await browser.newPage({ viewport: { width: 1280, height: 1600 }, bypassCSP: true });
    await page.goto(url);
    await page.locator('.heat-map').waitFor({ timeout: waitMs });
    await page.waitForFunction('[...document.images].every((image) => image.complete)', undefined, { timeout: waitMs });
    const cells = await page.locator('.heat-map tbody td:not(.axis-space)').allTextContents();
    const images = await page.evaluate<number>('[...document.images].filter((image) => image.naturalWidth > 0).length');
    const folder = path.join(root, 'test/output');
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, screenshot), fullPage: true });
    return { cells, images };
  } finally {
    await browser.close();
  }
}
