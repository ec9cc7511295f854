import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Heard, reporting } from './reporting.ts';

async function collect<News, Result>(heard: AsyncIterable<Heard<News, Result>>) {
  const news: News[] = [];
  const results: Result[] = [];
  for await (const each of heard) {
    if (each.kind === 'news') news.push(each.news);
    else results.push(each.result);
  }
  return { news, results };
}

describe('work that reports', () => {
  it('passes on the latest report, not more often than asked for, and the result', async () => {
    const counting = reporting(50, async (report: (count: number) => void) => {
      for (let count = 1; count <= 20; count++) {
        report(count);
        await sleep(5);
      }
      return 'done';
    });
    const { news, results } = await collect(counting);
    expect(results).toEqual(['done']);
    expect(news[0]).toBe(1);
    expect(news.at(-1)).toBe(20);
    expect(news.length).toBeLessThanOrEqual(6);
  });

  it('gives the result of work that reports nothing', async () => {
    expect(await collect(reporting(10, async () => 3))).toEqual({ news: [], results: [3] });
  });

  it('throws what the work throws', async () => {
    const failing = reporting(10, async (report: (count: number) => void) => {
      report(1);
      await sleep(1);
      throw new Error('out of memory');
    });
    await expect(collect(failing)).rejects.toThrow('out of memory');
  });
});
