import { expect, test } from 'vitest';
import { formatReports } from './engines-doctor.ts';

test('shows every engine in a table, and how to get those that do not run', () => {
  const text = formatReports([
    { engine: 'tfjs wasm', version: '4.22.0', ready: true, detail: 'SIMD', remedy: '' },
    { engine: 'tfjs node', version: '', ready: false, detail: 'no such package', remedy: 'install it' },
  ]);
  expect(text.split('\n')).toEqual([
    'engine     runs  version  device, or reason',
    '───────────────────────────────────────────',
    'tfjs wasm  yes   4.22.0   SIMD',
    'tfjs node  no    –        no such package',
    '',
    'To get what is missing:',
    'tfjs node: install it',
  ]);
});
