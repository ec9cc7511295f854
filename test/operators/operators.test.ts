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

test('every operator that is compared says how exactly: else run npm run generate -- --measure', () => {
  const silent = operatorCatalogue().filter(({ op, form }) => {
    if (form === 'at import') return false;
    const { gradient, engines, errors } = supportOf(op);
    const gradientsMissing =
      /rule|parts/.test(gradient) && errors.float64 === undefined && errors.float32 === undefined;
    return gradientsMissing || (engines.includes('tfjs') && errors.engines === undefined);
  });
  // The interpreter of tfjs runs loops itself; they have no cases of their own.
  expect(silent.map(({ op }) => op)).toEqual(['Loop']);
});
