import { describe, expect, it } from 'vitest';
import { LeaseCache } from './lease-cache.ts';

function setUp(limit: number) {
  const log: string[] = [];
  const cache = new LeaseCache<{ readonly key: string; close(): Promise<void> }>(limit);
  const make = (key: string) => async () => {
    log.push(`make ${key}`);
    return {
      key,
      close: async () => {
        log.push(`close ${key}`);
      },
    };
  };
  const use = (key: string, work = async () => {}) => cache.use(key, make(key), work);
  return { log, cache, use };
}

describe('a lease cache', () => {
  it('makes a value once, also when it is asked for twice at once', async () => {
    const { log, use } = setUp(2);
    await Promise.all([use('a'), use('a')]);
    await use('a');
    expect(log).toEqual(['make a']);
  });

  it('closes the value that was used least recently', async () => {
    const { log, use } = setUp(2);
    for (const key of ['a', 'b', 'a', 'c']) await use(key);
    expect(log).toEqual(['make a', 'make b', 'make c', 'close b']);
  });

  it('does not close a value in use until its user is done', async () => {
    const { log, use } = setUp(1);
    await use('a', async () => {
      await use('b');
      expect(log).toEqual(['make a', 'make b']);
    });
    expect(log).toEqual(['make a', 'make b', 'close a']);
  });

  it('does not keep a failure', async () => {
    const { log, cache, use } = setUp(1);
    const failing = cache.use(
      'a',
      async () => {
        throw new Error('no memory');
      },
      async () => {},
    );
    await expect(failing).rejects.toThrow('no memory');
    await use('a');
    expect(log).toEqual(['make a']);
  });

  it('closes everything at the end', async () => {
    const { log, cache, use } = setUp(2);
    await use('a');
    await use('b');
    await cache.close();
    expect(log.slice(2)).toEqual(['close a', 'close b']);
  });
});
