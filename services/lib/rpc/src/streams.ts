import type { Readable, Writable } from 'node:stream';
import { orAbandon, untilAbandoned } from './abandon.ts';

/** The messages that arrive on a stream. Stopping early leaves the stream open for writing. */
export function readMessages(stream: Readable, signal: AbortSignal): AsyncIterable<unknown> {
  return untilAbandoned(stream.iterator({ destroyOnReturn: false }), signal);
}

/** Writes messages one by one, asking for the next only when the transport has taken the one before. */
export async function writeMessages(
  stream: Writable,
  messages: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of untilAbandoned(messages, signal)) await orAbandon(write(stream, message), signal);
}

// Not write() and 'drain': a stream of messages reports back-pressure only after sixteen of them, of up to 64 MiB each.
function write(stream: Writable, message: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(message, (error) => (error ? reject(error) : resolve()));
  });
}

/** A stream of one message. */
export async function* single(message: unknown): AsyncGenerator<unknown> {
  yield message;
}
