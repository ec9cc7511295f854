import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { EchoService, message, startEcho } from './testing/echo-service.ts';

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of messages) all.push(one);
  return all;
}

async function* stream(...texts: string[]) {
  for (const text of texts) yield message(text);
}

const texts = (messages: readonly { readonly contents: Buffer }[]) => messages.map(({ contents }) => String(contents));

describe('the four kinds of call', () => {
  it('one message for one message', async () => {
    await using echo = await startEcho({ get: async (request) => request });
    expect(await echo.client.get(message('hello'))).toEqual(message('hello'));
  });

  it('a stream for one message', async () => {
    await using echo = await startEcho({
      async *repeat(request) {
        yield request;
        yield request;
      },
    });
    expect(texts(await collect(echo.client.repeat(message('a'))))).toEqual(['a', 'a']);
  });

  it('one message for a stream', async () => {
    await using echo = await startEcho({
      collect: async (requests) => message(texts(await collect(requests)).join('+')),
    });
    expect(texts([await echo.client.collect(stream('a', 'b', 'c'))])).toEqual(['a+b+c']);
  });

  it('a stream for a stream, each answer before the next question', async () => {
    const asked: string[] = [];
    await using echo = await startEcho({
      async *exchange(requests) {
        for await (const { contents } of requests) yield message(`${contents}!`);
      },
    });
    async function* questions() {
      for (const text of ['a', 'b']) {
        asked.push(text);
        yield message(text);
        await delay(20);
      }
    }
    const answers: string[] = [];
    for await (const { contents } of echo.client.exchange(questions())) answers.push(`${asked.join('')}:${contents}`);
    expect(answers).toEqual(['a:a!', 'ab:b!']);
  });

  it('a handler may answer without reading the whole stream', async () => {
    await using echo = await startEcho({ collect: async () => message('enough') });
    async function* endless() {
      for (;;) yield message(Buffer.alloc(1 << 16));
    }
    expect(texts([await echo.client.collect(endless())])).toEqual(['enough']);
  });

  it('the caller hears of its own stream failing', async () => {
    await using echo = await startEcho({
      collect: async (requests) => message(String((await collect(requests)).length)),
    });
    async function* failing() {
      yield message('a');
      throw new RangeError('mine');
    }
    await expect(echo.client.collect(failing())).rejects.toThrow(new RangeError('mine'));
  });
});

describe('large messages', () => {
  it('carries 20 MB there and back', async () => {
    await using echo = await startEcho({ get: async (request) => request });
    const contents = Buffer.alloc(20_000_000, 'parallax');
    const answer = await echo.client.get(message(contents));
    expect(answer.contents.equals(contents)).toBe(true);
  });

  it('refuses what is over the limit, on the sending side', async () => {
    await using echo = await startEcho({ get: async (request) => request });
    using client = createClient(EchoService, echo.server.address, { maxMessageBytes: 1_000 });
    const refused = client.get(message(Buffer.alloc(2_000)));
    await expect(refused).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' });
  });

  it('refuses what is over the limit, on the receiving side', async () => {
    await using echo = await startEcho({ get: async (request) => request }, { maxMessageBytes: 1_000 });
    const refused = echo.client.get(message(Buffer.alloc(2_000)));
    await expect(refused).rejects.toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' });
  });
});

describe('back-pressure', () => {
  it('asks a handler for more only as fast as the caller takes it', async () => {
    let produced = 0;
    await using echo = await startEcho({
      async *repeat() {
        for (;;) {
          produced += 1;
          yield message(Buffer.alloc(1_000_000));
        }
      },
    });
    let taken = 0;
    for await (const _ of echo.client.repeat(message())) {
      taken += 1;
      if (taken === 5) break;
      await delay(50);
    }
    // Window, socket and stream buffers hold some; an unbounded producer would have made hundreds.
    expect(produced).toBeLessThan(60);
  });
});

describe('context', () => {
  it('names the call, its caller and its deadline', async () => {
    const { promise, resolve } = deferred();
    await using echo = await startEcho({
      get: async (request, context) => {
        resolve({ rpc: context.rpc, peer: context.peer, waitMs: Number(context.deadline) - Date.now() });
        return request;
      },
    });
    await echo.client.get(message(), { deadlineMs: 5_000 });
    const seen = (await promise) as { peer: string; waitMs: number };
    expect(seen).toMatchObject({ rpc: { service: 'parallax.test.v1.EchoService', method: 'Get' } });
    expect(seen.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(seen.waitMs).toBeGreaterThan(4_000);
    expect(seen.waitMs).toBeLessThanOrEqual(5_000);
  });
});

function deferred() {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
