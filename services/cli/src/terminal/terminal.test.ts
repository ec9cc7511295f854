import { expect, test } from 'vitest';
import { createProgressDisplay } from './progress-display.ts';
import { formatAdvance, formatDuration } from './progress-line.ts';
import { formatTable } from './table.ts';
import { createTerminal } from './terminal.ts';

const halfway = { label: 'train cl', done: 50, total: 100, unit: 'steps', rate: 12.345, remainingSeconds: 4.05 };

test('a line of progress has label, bar, share, count, rate and time left', () => {
  const line = formatAdvance(halfway, 200);
  expect(line).toContain('train cl');
  expect(line).toContain('██████████░░░░░░░░░░');
  expect(line).toContain(' 50 %  50/100 steps  12.3 steps/s  0:04 left');
});

test('a line of progress leaves out what is not known, and fits the terminal', () => {
  const line = formatAdvance({ ...halfway, total: 0, rate: 0, remainingSeconds: undefined }, 200);
  expect(line).toMatch(/\? {2}50 steps$/);
  expect(formatAdvance(halfway, 30)).toHaveLength(30);
});

test.each([
  [0, '0:00'],
  [65, '1:05'],
  [3600, '1:00:00'],
  [7505.4, '2:05:05'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('a table is aligned by its widest cells', () => {
  const text = formatTable(
    [{ heading: 'name' }, { heading: 'share', align: 'right' }],
    [
      ['sl', '1.0 %'],
      ['longer', '12.0 %'],
    ],
  );
  expect(text.split('\n')).toEqual(['name     share', '──────────────', 'sl       1.0 %', 'longer  12.0 %']);
});

test('where nobody watches, progress is written now and then, and not for short work', () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  let time = 0;
  const display = createProgressDisplay(createTerminal(stream, stream), () => time);
  for (; time <= 12_000; time += 500) display.show(halfway);
  expect(written).toHaveLength(2);
});

test('for a person, one line is redrawn and gives way to other output', () => {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 80, write: (text: string) => written.push(text) };
  const terminal = createTerminal(stream, stream);
  terminal.redraw('half');
  terminal.print('result');
  expect(written.join('')).toBe('half\r\u001B[2Kresult\n');
});
