import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const executable = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Why page tests cannot run here; undefined when they can. */
export const browserMissing = existsSync(executable)
  ? undefined
  : `no browser at ${executable}: install chromium or set CHROMIUM_PATH`;

/** Starts a browser that shows nothing on the screen and calls nobody. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Builds the page as it is now into a folder. */
export async function buildPageInto(folder: string): Promise<void> {
  const script = fileURLToPath(new URL('../../web/build.mjs', import.meta.url));
  await promisify(execFile)(process.execPath, [script, folder]);
}
