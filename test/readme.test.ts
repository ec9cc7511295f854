import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { plannedRpcs } from '@parallax/proto/planned-rpcs';
import { expect, test } from 'vitest';
import { root } from './architecture/source-files.ts';
import { ownRpcs } from './contract/own-rpcs.ts';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const planned: readonly string[] = plannedRpcs;

/** The table of RPCs as it must stand: one row a service, its RPCs by name, planned ones apart. */
function rpcTable(): string {
  const services = new Map<string, string[]>();
  for (const rpc of ownRpcs()) {
    const [service = '', name = ''] = rpc.split('/');
    services.set(service, [...(services.get(service) ?? []), name]);
  }
  const names = (service: string, isPlanned: boolean) =>
    (services.get(service) ?? [])
      .filter((name) => planned.includes(`${service}/${name}`) === isPlanned)
      .map((name) => `\`${name}\``)
      .join(' ') || '–';
  const rows = [...services.keys()]
    .sort()
    .map((service) => `| \`${service}\` | ${names(service, false)} | ${names(service, true)} |`);
  return ['| Service | Implemented | Planned |', '| --- | --- | --- |', ...rows].join('\n');
}

/** A table without the spaces that align it. */
function compact(markdown: string): string {
  return markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}

test('the readme says which RPCs are implemented', () => {
  expect(compact(readme)).toContain(compact(rpcTable()));
});

test('the readme names files that exist', () => {
  const named = [...readme.matchAll(/`((?:services|proto|test|deploy|docs)\/[\w./-]+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});
