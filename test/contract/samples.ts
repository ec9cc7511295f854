import { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { type Run, RunState } from '@parallax/proto/parallax/common/v1/run';
import type { Tensor } from '@parallax/proto/parallax/common/v1/tensor';

// Small inputs that the parts of the contract suite share.

/** The encoder that the suite trains first and the other parts use. */
export const encoderName = 'contract-sl';

/** Names the encoder of the suite in requests. */
export const encoderRef = EncoderRef.create({ name: encoderName });

/** Images and classes that need no files. */
export const trainSet = { name: 'shapes:train:0-256' };
export const testSet = { name: 'shapes:test:0-64' };

/** n images [n,3,32,32] in [0,1], each another smooth pattern, as FP32. */
export function sampleImages(n: number): Tensor {
  const size = 3 * 32 * 32;
  const values = Float32Array.from({ length: n * size }, (_, index) => {
    const [image, pixel] = [Math.floor(index / size), index % size];
    return 0.5 + 0.4 * Math.sin((image + 1) * 0.37 + pixel * 0.011 * (1 + (image % 3)));
  });
  return { datatype: 'FP32', shape: [n, 3, 32, 32], contents: Buffer.from(values.buffer) };
}

/** The numbers of an FP32 tensor. */
export function floatsOf(tensor: Tensor | undefined): Float32Array {
  const bytes = Uint8Array.from(tensor?.contents ?? []);
  return new Float32Array(bytes.buffer);
}

/** Some rows of an FP32 tensor. */
export function rowsOf({ datatype, shape: [count = 1, ...rest], contents }: Tensor, rows: readonly number[]): Tensor {
  const bytes = contents.length / count;
  const chosen = rows.map((row) => contents.subarray(row * bytes, (row + 1) * bytes));
  return { datatype, shape: [rows.length, ...rest], contents: Buffer.concat(chosen) };
}

/** Settings as they are sent. */
export function numbers(values: Readonly<Record<string, number>>): { [name: string]: OptionValue } {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value: { $case: 'number', value } }]),
  );
}

/** All messages of a stream. */
export async function collect<Message>(stream: AsyncIterable<Message>): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

/** The last message of a stream. */
export async function last<Message>(stream: AsyncIterable<Message>): Promise<Message> {
  const message = (await collect(stream)).at(-1);
  if (message === undefined) throw new Error('expected at least one message, got none');
  return message;
}

/** @throws when the run has not succeeded, with its error. */
export function assertSucceeded(run: Run | undefined): void {
  if (run?.state === RunState.SUCCEEDED) return;
  throw new Error(`expected a run that succeeds, got ${JSON.stringify(run?.error ?? run?.state)}`);
}
