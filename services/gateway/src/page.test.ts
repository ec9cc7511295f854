import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@parallax/store/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attackNames,
  attackOutcome,
  cell,
  cleanCorrect,
  encoderNames,
  encoderOutcome,
  finishedExperiment,
  startedExperiment,
  strip,
} from './testing/example-experiment.ts';
import { noImages, storeExampleImages } from './testing/example-images.ts';
import { browserMissing, buildPageInto, openBrowser } from './testing/open-browser.ts';
import { startWorld, type World } from './testing/start-world.ts';

const screenshots = fileURLToPath(new URL('../../../test/output/', import.meta.url));
const [pgd = '', apgd = ''] = attackNames;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;

/** A gateway with the page, and a tab that shows it. */
interface Visit extends AsyncDisposable {
  readonly world: World;
  readonly page: Page;
  /** What the browser complained about. */
  readonly complaints: readonly string[];
}

async function visit(prepare: (world: World) => Promise<void> | void, at = '/'): Promise<Visit> {
  const world = await startWorld({ webDir: folder.path });
  await prepare(world);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${world.url}${at}`);
  const close = async () => {
    await context.close();
    await world[Symbol.asyncDispose]();
  };
  return { world, page, complaints, [Symbol.asyncDispose]: close };
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? '';
}

async function choose(page: Page, name: string, value: string): Promise<void> {
  await page.locator(`input[name="${name}"][value="${value}"]`).check();
}

function cellOf(page: Page, ...names: readonly string[]): Promise<string> {
  return textOf(page, `[data-cell="${names.join('/')}"]`);
}

async function saveScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  await page.screenshot({ path: path.join(screenshots, `gateway-${name}.png`), fullPage: true });
}

if (browserMissing !== undefined) process.stderr.write(`tests of the page are skipped: ${browserMissing}\n`);

describe.skipIf(browserMissing !== undefined)(
  `the page${browserMissing ? ` (skipped: ${browserMissing})` : ''}`,
  () => {
    beforeAll(async () => {
      folder = await temporaryFolder();
      await buildPageInto(folder.path);
      browser = await openBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await folder?.[Symbol.asyncDispose]();
    });

    it('shows the numbers of the matrix, one attack at a time', async () => {
      await using visited = await visit(({ upstreams }) =>
        upstreams.experiments.set(finishedExperiment('x', noImages)),
      );
      const { page, complaints } = visited;
      await page.locator('.heat-map').waitFor();
      for (const attack of [pgd, apgd]) {
        await choose(page, 'attack', attack);
        for (const [row, source] of encoderNames.entries()) {
          for (const [column, target] of encoderNames.entries()) {
            const { successes = 0, interval } = cell(attack, row, column).accuracy ?? {};
            const text = await cellOf(page, attack, source, target);
            expect(text).toContain(`${(successes / 2).toFixed(1)}%`);
            expect(text).toContain(
              `${(100 * (interval?.lower ?? 0)).toFixed(1)}–${(100 * (interval?.upper ?? 0)).toFixed(1)}`,
            );
            expect(text).toContain(`${successes}/200`);
          }
        }
      }
      for (const [column, target] of encoderNames.entries()) {
        expect(await cellOf(page, 'clean', target)).toContain(`${cleanCorrect[column]}/200`);
      }
      expect(complaints).toEqual([]);
    });

    it('shows encoders beside raw pixels, images with predictions, and what the measures come to', async () => {
      await using visited = await visit(async ({ upstreams, artifacts }) => {
        upstreams.experiments.set(finishedExperiment('x', await storeExampleImages(artifacts)));
      }, '/experiments/x');
      const { page, complaints } = visited;
      const encoder = await textOf(page, '[data-encoder="cl-tiny"]');
      for (const text of ['contrastive', '174.3 k', '43.8 %', '40.8–46.9', '+15.1 pts'])
        expect(encoder).toContain(text);
      expect(await textOf(page, '[data-encoder="raw pixels"]')).toContain('28.7 %');
      await choose(page, 'source', 'mim-tiny');
      await expect.poll(() => textOf(page, '[data-predictions="mim-tiny"]')).toContain('attacked');
      for (const image of await page.locator('.strip img').all()) {
        await image.scrollIntoViewIfNeeded();
        await expect.poll(() => image.evaluate((element) => Reflect.get(element, 'naturalWidth'))).toBe(32);
      }
      expect(await page.locator('.strip img').count()).toBe(24);
      expect(await textOf(page, '#measures')).toContain(`R, robustness under ${apgd}`);
      await saveScreenshot(page, 'light');
      await page.emulateMedia({ colorScheme: 'dark' });
      await saveScreenshot(page, 'dark');
      expect(complaints).toEqual([]);
    });

    it('fits a narrow screen', async () => {
      await using visited = await visit(async ({ upstreams, artifacts }) => {
        upstreams.experiments.set(finishedExperiment('x', await storeExampleImages(artifacts)));
      });
      const { page } = visited;
      await page.setViewportSize({ width: 390, height: 844 });
      await page.locator('.strip').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      await saveScreenshot(page, 'narrow');
    });

    it('follows an experiment as it happens', async () => {
      await using visited = await visit(({ upstreams }) => upstreams.experiments.set(startedExperiment('x')));
      const { page, world } = visited;
      const { experiments } = world.upstreams;
      expect(await textOf(page, '.item')).toContain('412 of 780 steps · 13.4 steps/s · 28 s left');
      expect(await textOf(page, '[data-stage="Train"]')).toContain('0/4');
      await expect.poll(() => cellOf(page, pgd, 'sl-tiny', 'cl-tiny')).toContain('not measured yet');
      experiments.publish('x', { $case: 'encoder', value: encoderOutcome(0) });
      await expect.poll(() => textOf(page, '[data-encoder="sl-tiny"]')).toContain('56.3 %');
      experiments.publish('x', { $case: 'cell', value: cell(pgd, 0, 1) });
      await expect.poll(() => cellOf(page, pgd, 'sl-tiny', 'cl-tiny')).toContain('30.5%');
      experiments.publish('x', { $case: 'attack', value: attackOutcome(pgd, 'sl-tiny') });
      await expect.poll(() => textOf(page, '[data-attacked="sl-tiny"]')).toContain('0 of 200');
      const images = await storeExampleImages(world.artifacts);
      experiments.publish('x', { $case: 'strip', value: strip(pgd, 'sl-tiny', images) });
      await page.locator('.strip img').first().waitFor();
      await saveScreenshot(page, 'live');
      experiments.publish('x', { $case: 'snapshot', value: finishedExperiment('x', images) });
      await expect.poll(() => textOf(page, '.status')).toBe('finished');
    });

    it('comes back by itself when the gateway was restarted', async () => {
      await using visited = await visit(({ upstreams }) => upstreams.experiments.set(startedExperiment('x')));
      const { page, world } = visited;
      await expect.poll(() => textOf(page, '.connection')).toBe('live');
      await world.gateway.close();
      await expect.poll(() => textOf(page, '.connection')).toBe('reconnecting');
      await world.restart();
      await expect.poll(() => textOf(page, '.connection'), { timeout: 10_000 }).toBe('live');
      await expect.poll(() => world.upstreams.experiments.watcherCount).toBe(1);
      world.upstreams.experiments.publish('x', { $case: 'cell', value: cell(pgd, 2, 3) });
      await expect.poll(() => cellOf(page, pgd, 'mim-tiny', 'dm-tiny')).toContain('30.0%');
    });

    it('names a service that does not answer', async () => {
      await using visited = await visit(({ upstreams }) => upstreams.servers.experiment.close(0));
      const { page, world } = visited;
      const { address } = world.upstreams.servers.experiment;
      await expect
        .poll(() => textOf(page, '.notices'), { timeout: 10_000 })
        .toContain(`experiment service at ${address}`);
    });

    it('says how to begin, and shows the first experiment when there is one', async () => {
      await using visited = await visit(() => undefined);
      const { page, world } = visited;
      await expect.poll(() => textOf(page, 'main')).toContain('npx parallax quickstart');
      world.upstreams.experiments.set(startedExperiment('first'));
      await expect.poll(() => textOf(page, 'h1'), { timeout: 10_000 }).toContain('Quickstart');
    });

    it('says so when its address names no experiment', async () => {
      await using visited = await visit(() => undefined, '/experiments/nobody');
      await expect
        .poll(() => textOf(visited.page, 'main'), { timeout: 10_000 })
        .toContain('There is no experiment nobody');
    });

    it('can be read with the keyboard alone', async () => {
      await using visited = await visit(({ upstreams }) =>
        upstreams.experiments.set(finishedExperiment('x', noImages)),
      );
      const { page } = visited;
      await page.locator('.heat-map').waitFor();
      for (let press = 0; press < 20 && (await page.locator('.cell:focus').count()) === 0; press += 1) {
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => textOf(page, '.readout')).toContain(`cl-tiny on ${pgd} examples found on sl-tiny`);
      expect(await textOf(page, '.readout')).toContain('61 of 200 right; 95 % interval 24.5–37.2 %');
    });
  },
);
