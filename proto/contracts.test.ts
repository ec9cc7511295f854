import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescField, type DescMethod, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { fileDescriptorSetBase64 } from './gen/descriptors.ts';
import { plannedRpcs } from './planned-rpcs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root, stdio: 'pipe' });
const buf = (...args: string[]) => run(join('node_modules', '.bin', 'buf'), ...args);

const schema = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(fileDescriptorSetBase64, 'base64')));
const types = [...schema];
const services = types.filter((type) => type.kind === 'service');
const messages = types.filter((type) => type.kind === 'message');
const own = (type: { readonly typeName: string }) => type.typeName.startsWith('parallax.');
const methods = services.filter(own).flatMap((service) => service.methods);
const named = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;
const fieldsOf = ({ input }: DescMethod) => input.fields.map(({ name }) => name);
const unsigned: readonly ScalarType[] = [ScalarType.UINT32, ScalarType.UINT64, ScalarType.FIXED32, ScalarType.FIXED64];
const isUnsigned = (field: DescField) => field.scalar !== undefined && unsigned.includes(field.scalar);

describe('the contracts', () => {
  it('pass the linter', () => expect(() => buf('lint', 'proto')).not.toThrow());

  it('are formatted', () => expect(() => buf('format', '--diff', '--exit-code', 'proto')).not.toThrow());

  it('are what the generated code was generated from', () => {
    expect(() => run(process.execPath, 'proto/generate.mjs', '--check')).not.toThrow();
  });

  it('have pages in every list', () => {
    const lists = methods.filter(({ name }) => name.startsWith('List'));
    expect(lists.length).toBeGreaterThan(0);
    for (const list of lists)
      expect(fieldsOf(list), named(list)).toEqual(expect.arrayContaining(['page_size', 'page_token']));
  });

  it('have an idempotency key in everything that creates', () => {
    const creates = methods.filter(({ name }) => /^(Create|Record)/.test(name));
    expect(creates.length).toBeGreaterThan(0);
    for (const create of creates) expect(fieldsOf(create), named(create)).toContain('request_id');
  });

  it('have all of Create, Get, List, Cancel and Watch for long work', () => {
    for (const noun of ['TrainingRun', 'AttackRun', 'DatasetRun', 'ProbeRun', 'Experiment']) {
      const names = methods.map(({ name }) => name);
      const expected = [`Create${noun}`, `Get${noun}`, `List${noun}s`, `Cancel${noun}`, `Watch${noun}`];
      expect(names).toEqual(expect.arrayContaining(expected));
    }
  });

  it('have no unsigned integers', () => {
    const fields = messages.filter(own).flatMap((message) => message.fields.filter(isUnsigned));
    expect(fields.map(({ parent, name }) => `${parent.typeName}.${name}`)).toEqual([]);
  });

  it('know every RPC that is planned', () => {
    const all = new Set(services.flatMap((service) => service.methods.map(named)));
    expect(plannedRpcs.filter((rpc) => !all.has(rpc))).toEqual([]);
  });
});
