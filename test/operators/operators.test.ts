import { readFileSync } from 'node:fs';
import path from 'node:path';
import { operatorCatalogue } from '@parallax/graph/catalogue';
import { supportOf } from '@parallax/runtime/operators';
import { expect, test } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { introduced } from './introduced.ts';
import { operatorPage } from './operator-table.ts';

test('the page on operators is fresh: else run npm run generate', () => {
  expect(readFileSync(path.join(root, 'docs/operators.md'), 'utf8')).toBe(operatorPage());
});

test('every operator of the standard says since when it is there', () => {
  const standard = operatorCatalogue().filter(({ op }) => !op.includes('.'));
  expect(standard.filter(({ op }) => introduced[op] === undefined).map(({ op }) => op)).toEqual([]);
});

test('every operator that is written out is checked', () => {
  const written = operatorCatalogue().filter(({ form }) => form === 'written out');
  expect(written.filter(({ op }) => supportOf(op).gradient === 'unchecked').map(({ op }) => op)).toEqual([]);
});
