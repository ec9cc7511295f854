import { Buffer } from 'node:buffer';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Dice, mutate, mutations } from './mutate.ts';
import { type Outcome, tryImport } from './outcome.ts';
import { seedFiles } from './seeds.ts';

const files = seedFiles(path.resolve(import.meta.dirname, '../../../../shared/models'));
const inputs = 1500;
/** Milliseconds no single file may take; ordinary ones take a few. */
const slowest = 5000;

describe('mutated models', () => {
  it('are accepted or refused, each in bounded time', () => {
    const dice = new Dice(1);
    const counts: Record<Outcome, number> = { accepted: 0, refused: 0, crashed: 0, hung: 0 };
    const defects: string[] = [];
    for (let index = 0; index < inputs; index++) {
      // The small files are tried more often: a file is as good as any other, and they take less time.
      const file = files[index % 8 === 7 ? dice.below(files.length) : index % 3] ?? new Uint8Array();
      const { bytes, names } = mutate(file, dice);
      const { outcome, milliseconds, message } = tryImport(bytes);
      const counted = milliseconds > slowest ? 'hung' : outcome;
      counts[counted]++;
      if (counted === 'crashed' || counted === 'hung') defects.push(`${names.join(' + ')}: ${counted}: ${message}`);
    }
    expect(defects).toEqual([]);
    expect(counts.accepted + counts.refused).toBe(inputs);
    // Else the mutations are too coarse to reach what lies behind the parser.
    expect(counts.accepted).toBeGreaterThan(inputs / 20);
    expect(counts.refused).toBeGreaterThan(inputs / 4);
  });

  it.each(Object.keys(mutations))('%s changes a file', (name) => {
    const dice = new Dice(2);
    const [file] = files;
    const changed = Array.from(
      { length: 8 },
      () => mutations[name]?.(file ?? new Uint8Array(), dice) ?? new Uint8Array(),
    );
    expect(changed.some((bytes) => Buffer.compare(bytes, file ?? bytes) !== 0)).toBe(true);
  });
});
