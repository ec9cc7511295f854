import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function recorded(level: 'info' | 'silent') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  return { lines, logger: createLogger({ service: 'encoder', level, destination }) };
}

it('writes one JSON object a line with level, service and fields', () => {
  const { lines, logger } = recorded('info');
  logger.child({ run: 'r1' }).info('trained', { epochs: 3 });
  logger.debug('not written');
  expect(lines).toEqual([
    { level: 'info', time: expect.any(String), service: 'encoder', run: 'r1', epochs: 3, msg: 'trained' },
  ]);
});

it('writes errors with their causes', () => {
  const { lines, logger } = recorded('info');
  logger.error('failed', { error: new Error('outer', { cause: new Error('inner') }) });
  expect(lines[0]).toMatchObject({ level: 'error', error: { message: 'outer', cause: { message: 'inner' } } });
});

it('can be silent', () => {
  const { lines, logger } = recorded('silent');
  logger.error('nothing');
  expect(lines).toEqual([]);
});
