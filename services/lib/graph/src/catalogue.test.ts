import { expect, it } from 'vitest';
import { operatorCatalogue } from './catalogue.ts';
import { composites } from './composites/table.ts';
import { operators } from './operators/table.ts';

const entries = operatorCatalogue();

it('has every operator once', () => {
  const names = entries.filter(({ form }) => form !== 'at import').map(({ op }) => op);
  expect([...names].sort()).toEqual([...Object.keys(operators), ...Object.keys(composites)].sort());
});

it('says of each how it is brought into a graph', () => {
  const formOf = (wanted: string): unknown => entries.find(({ op }) => op === wanted)?.form;
  expect([formOf('Conv'), formOf('Einsum'), formOf('Constant')]).toEqual(['native', 'written out', 'at import']);
});
