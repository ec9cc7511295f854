import {
  ConflictError,
  CorruptDataError,
  InputError,
  LimitError,
  NotFoundError,
  PreconditionError,
} from '@parallax/config';
import { createLogger } from '@parallax/telemetry';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { failedPrecondition } from './errors.ts';
import { httpStatusOf } from './status.ts';
import { EchoService, message, startEcho } from './testing/echo-service.ts';
import { unimplemented } from './unimplemented.ts';

const failing = (error: unknown) => startEcho({ create: () => Promise.reject(error) });

describe('errors', () => {
  it('arrive with reason, facts and every field to blame', async () => {
    await using echo = await failing(
      new InputError(
        [
          { field: 'attack.budget.epsilon', expected: 'a number > 0', got: '-1' },
          { field: 'images', expected: 'FP32 [N,3,32,32]', got: 'INT64 [4]' },
        ],
        { facts: { attack: 'pgd' } },
      ),
    );
    await expect(echo.client.create(message())).rejects.toMatchObject({
      name: 'RpcError',
      status: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      facts: { attack: 'pgd' },
      message: 'attack.budget.epsilon: expected a number > 0, got -1; images: expected FP32 [N,3,32,32], got INT64 [4]',
      violations: [
        { field: 'attack.budget.epsilon', description: 'expected a number > 0, got -1' },
        { field: 'images', description: 'expected FP32 [N,3,32,32], got INT64 [4]' },
      ],
    });
  });

  it.each([
    [new NotFoundError('no encoder x', { reason: 'ENCODER_NOT_FOUND' }), 'NOT_FOUND', 'ENCODER_NOT_FOUND'],
    [new ConflictError('taken', { reason: 'NAME_TAKEN' }), 'ALREADY_EXISTS', 'NAME_TAKEN'],
    [new PreconditionError('no projector', { reason: 'PART_MISSING' }), 'FAILED_PRECONDITION', 'PART_MISSING'],
    [new CorruptDataError('truncated', { reason: 'DATASET_CORRUPT' }), 'DATA_LOSS', 'DATASET_CORRUPT'],
    [new LimitError('queue full', { reason: 'OVERLOADED' }), 'RESOURCE_EXHAUSTED', 'OVERLOADED'],
    [failedPrecondition('ended', { reason: 'RUN_ENDED' }), 'FAILED_PRECONDITION', 'RUN_ENDED'],
    [new DOMException('stop', 'AbortError'), 'CANCELLED', 'CANCELLED'],
    [new DOMException('late', 'TimeoutError'), 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'],
  ])('%s becomes %s', async (error, status, reason) => {
    await using echo = await failing(error);
    await expect(echo.client.create(message())).rejects.toMatchObject({ status, reason });
  });

  it('of unknown kind are logged and not leaked', async () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', destination: { write: (line) => lines.push(line) } });
    await using echo = await startEcho({ create: () => Promise.reject(new Error('password 123')) }, { logger });
    const error = await echo.client.create(message()).catch((caught: unknown) => caught as Error & { facts: object });
    expect(error).toMatchObject({ status: 'INTERNAL', message: expect.not.stringContaining('password') });
    const log = lines.join('');
    expect(log).toContain('password 123');
    expect(log).toContain((error as { facts: Record<string, string> }).facts['incident']);
  });

  it('stay small enough for the trailers, however much is wrong', async () => {
    const violations = Array.from({ length: 5_000 }, (_, i) => ({
      field: `labels.${i}`,
      expected: 'an integer from 0 to 9',
      got: 'x'.repeat(500),
    }));
    await using echo = await failing(new InputError(violations));
    const error = await echo.client.create(message()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 'INVALID_ARGUMENT', violations: { length: 20 } });
  });

  it('pass through a service unchanged', async () => {
    await using back = await failing(new NotFoundError('no encoder x', { reason: 'ENCODER_NOT_FOUND' }));
    await using front = await startEcho({ create: (request, context) => back.client.create(request, context) });
    await expect(front.client.create(message())).rejects.toMatchObject({
      status: 'NOT_FOUND',
      reason: 'ENCODER_NOT_FOUND',
    });
  });

  it('come after what a stream gave before', async () => {
    await using echo = await startEcho({
      async *repeat(request) {
        yield request;
        throw new NotFoundError('no more');
      },
    });
    let received = 0;
    const listen = async () => {
      for await (const _ of echo.client.repeat(message())) received += 1;
    };
    await expect(listen()).rejects.toMatchObject({ status: 'NOT_FOUND', message: 'no more' });
    expect(received).toBe(1);
  });

  it('say what is not built yet', async () => {
    await using echo = await startEcho({
      create: unimplemented('parallax.attack.v1.AttackService/CreateDatasetRun'),
    });
    await expect(echo.client.create(message())).rejects.toMatchObject({
      status: 'UNIMPLEMENTED',
      reason: 'NOT_IMPLEMENTED',
      message:
        'parallax.attack.v1.AttackService/CreateDatasetRun is part of the contract but not implemented by this server yet',
    });
  });

  it('name the peer that does not answer', async () => {
    const echo = await startEcho({});
    const { address } = echo.server;
    await echo[Symbol.asyncDispose]();
    using client = createClient(EchoService, address);
    await expect(client.get(message())).rejects.toMatchObject({
      status: 'UNAVAILABLE',
      reason: 'PEER_UNREACHABLE',
      facts: { address },
      message: expect.stringMatching(new RegExp(`^no answer from ${address}: .*ECONNREFUSED`)),
    });
  });

  it('have an HTTP status', () => {
    expect([httpStatusOf('NOT_FOUND'), httpStatusOf('INVALID_ARGUMENT'), httpStatusOf('UNAVAILABLE')]).toEqual([
      404, 400, 503,
    ]);
  });
});
