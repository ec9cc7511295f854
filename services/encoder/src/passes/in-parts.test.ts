import { float32, toNumbers } from '@parallax/tensor';
import { describe, expect, it } from 'vitest';
import { inParts, outputOf } from './in-parts.ts';

const never = new AbortController().signal;

describe('work in parts', () => {
  it.each([1, 2, 3, 7, 64, 65, 200])('joins %i rows in order, never one alone', async (count) => {
    const results = await inParts(count, 2, never, async (rows) => {
      expect(rows.length).toBeGreaterThanOrEqual(2);
      return { rows: float32([rows.length], rows.slice()) };
    });
    expect(toNumbers(outputOf(results, 'rows'))).toEqual(Array.from({ length: count }, (_, row) => row));
  });

  it('begins nothing new after a failure, and ends when all is settled', async () => {
    let begun = 0;
    let ended = 0;
    const failing = inParts(320, 2, never, async () => {
      const turn = begun++;
      await new Promise((resolve) => setTimeout(resolve, turn === 1 ? 20 : 1));
      ended++;
      if (turn === 0) throw new Error('out of memory');
      return {};
    });
    await expect(failing).rejects.toThrow('out of memory');
    expect([begun, ended]).toEqual([2, 2]);
  });

  it('stops between parts once the signal aborts', async () => {
    const stopping = new AbortController();
    let begun = 0;
    const stopped = inParts(320, 1, stopping.signal, async () => {
      begun++;
      stopping.abort(new Error('enough'));
      return {};
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(begun).toBe(1);
  });
});
