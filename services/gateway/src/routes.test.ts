import { ConflictError } from '@parallax/config';
import { HealthService, HealthCheckResponse_ServingStatus as Serving } from '@parallax/proto/grpc/health/v1/health';
import { createClient } from '@parallax/rpc';
import { silentLogger } from '@parallax/telemetry';
import { describe, expect, it } from 'vitest';
import { createGatewayServer, gatewayConfigSchema } from './server.ts';
import { finishedExperiment } from './testing/example-experiment.ts';
import { noImages } from './testing/example-images.ts';
import { startWorld } from './testing/start-world.ts';

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return get(url, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json', ...headers } });
}

describe('experiments', () => {
  it('are listed newest first, page by page', async () => {
    await using world = await startWorld();
    world.upstreams.experiments.set(finishedExperiment('older', noImages));
    world.upstreams.experiments.set(finishedExperiment('newer', noImages));
    const all = await get(`${world.url}/api/v1/experiments`);
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject({ experiments: [{ run: { id: 'newer' } }, { run: { id: 'older' } }] });
    const page = await get(`${world.url}/api/v1/experiments?pageSize=1`);
    expect(page.body).toMatchObject({ experiments: [{ run: { id: 'newer' } }] });
  });

  it('are written in the JSON form of their messages', async () => {
    await using world = await startWorld();
    world.upstreams.experiments.set(finishedExperiment('x', noImages));
    const { body } = await get(`${world.url}/api/v1/experiments/x`);
    expect(body).toMatchObject({
      experiment: {
        run: { state: 'RUN_STATE_SUCCEEDED', endTime: '2026-11-23T09:36:18Z' },
        plan: { seed: '7', attackSamples: 200, skipRawPixels: false },
        result: {
          encoders: expect.arrayContaining([
            expect.objectContaining({ name: 'sl-tiny', paradigm: 'PARADIGM_SL', parameters: '174906' }),
          ]),
          cells: expect.arrayContaining([
            {
              attack: '',
              source: '',
              target: 'sl-tiny',
              accuracy: expect.objectContaining({ successes: 114, trials: 200 }),
            },
          ]),
        },
      },
    });
  });

  it('are created from a plan', async () => {
    await using world = await startWorld();
    const plan = {
      title: 'Mine',
      seed: '9',
      encoders: [{ name: 'a', existing: { name: 'a', paradigm: 'PARADIGM_CL' } }],
    };
    const { status, body } = await post(`${world.url}/api/v1/experiments`, { plan, requestId: 'once' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ experiment: { run: { id: 'created' } } });
    const [created] = world.upstreams.experiments.created;
    expect(created).toMatchObject({ requestId: 'once', plan: { title: 'Mine', seed: 9n } });
    expect(created?.plan?.encoders[0]?.source).toMatchObject({ $case: 'existing', value: { name: 'a', paradigm: 2 } });
  });

  it('are cancelled', async () => {
    await using world = await startWorld();
    world.upstreams.experiments.set(finishedExperiment('x', noImages));
    const { status, body } = await get(`${world.url}/api/v1/experiments/x/cancel`, { method: 'POST' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ experiment: { run: { id: 'x' } } });
  });
});

describe('other resources', () => {
  it('are encoders of every deployment', async () => {
    await using world = await startWorld();
    const { body } = await get(`${world.url}/api/v1/encoders`);
    expect(body).toMatchObject({ encoders: [{ name: 'sl-tiny' }, { name: 'cl-tiny' }], unavailable: [] });
    const one = await get(`${world.url}/api/v1/encoders/cl-tiny`);
    expect(one.body).toMatchObject({ encoder: { name: 'cl-tiny', inputShape: [3, 32, 32] } });
    const none = await get(`${world.url}/api/v1/encoders/no-such`);
    expect(none.status).toBe(404);
    expect(none.body).toMatchObject({ error: { reason: 'ENCODER_NOT_FOUND', facts: { encoder: 'no-such' } } });
  });

  it('are attacks with the schema of their options', async () => {
    await using world = await startWorld();
    const { body } = await get(`${world.url}/api/v1/attacks`);
    const steps = { name: 'steps', type: 'OPTION_TYPE_INTEGER', minimum: 1 };
    expect(body).toMatchObject({ attacks: [{ name: 'pgd', options: [steps] }] });
  });

  it('are measurements and tables', async () => {
    await using world = await startWorld();
    const list = await get(`${world.url}/api/v1/measurements?filter.experimentId=x&filter.seeds=1&filter.seeds=2`);
    expect(list.body).toEqual({ measurements: [], nextPageToken: '' });
    const table = await fetch(`${world.url}/api/v1/experiments/x/tables/transfer-matrix.csv`);
    expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(table.headers.get('content-disposition')).toBe('attachment; filename="transfer_matrix.csv"');
    expect(await table.text()).toBe('experiment\r\nx\r\n');
  });
});

describe('bad requests', () => {
  const bodies: readonly (readonly [unknown, string, string])[] = [
    [{ plan: { seed: 'many' } }, 'plan.seed', 'expected an integer of 64 bits, got "many"'],
    [{ plan: { encoders: [{}, { name: 3 }] } }, 'plan.encoders.1.name', 'expected a text, got 3'],
    [{ plan: { colour: 'red' } }, 'plan.colour', 'expected no such field, got "red"'],
    [{ plan: { encoders: { name: 'a' } } }, 'plan.encoders', expect.stringContaining('expected a list, got')],
    [
      { plan: { encoders: [{ training: {}, existing: {} }] } },
      'plan.encoders.0',
      expect.stringContaining('training, existing'),
    ],
    [
      { plan: { attacks: [{ attack: { budget: { norm: 'LINF' } } }] } },
      'plan.attacks.0.attack.budget.norm',
      expect.stringContaining('NORM_LINF'),
    ],
    ['{"plan":', 'body', expect.stringContaining('expected JSON')],
    ['[]', 'body', expect.stringContaining('expected an object')],
  ];

  it.each(bodies)('%j names %s', async (body, field, description) => {
    await using world = await startWorld();
    const answer = await post(`${world.url}/api/v1/experiments`, body);
    expect(answer.status).toBe(400);
    const fieldViolations = [{ field, description }];
    expect(answer.body).toMatchObject({
      error: { code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', fieldViolations },
    });
  });

  it('pass on the violations a service names', async () => {
    await using world = await startWorld();
    const { status, body } = await post(`${world.url}/api/v1/experiments`, { plan: { encoders: [] } });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { fieldViolations: [{ field: 'plan.encoders', description: 'expected at least 1 entries, got none' }] },
    });
  });

  it('have the HTTP status of their code', async () => {
    await using world = await startWorld();
    const unknown = await get(`${world.url}/api/v1/experiments/nobody`);
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ error: { reason: 'EXPERIMENT_NOT_FOUND', facts: { id: 'nobody' } } });
    expect((await get(`${world.url}/api/v1/experiments?pageSize=many`)).status).toBe(400);
    expect((await get(`${world.url}/api/v1/experiments?pageSize.x=1`)).status).toBe(400);
    expect((await get(`${world.url}/api/v1/experiments?__proto__=1`)).status).toBe(400);
    expect((await get(`${world.url}/api/v1/experiments/x/tables/all.xls`)).status).toBe(400);
    expect((await get(`${world.url}/api/v1/experiments/x/loss-trajectories`)).status).toBe(501);
    expect((await post(`${world.url}/api/v1/experiments`, 'x'.repeat(2 ** 21))).status).toBe(429);
    expect((await post(`${world.url}/api/v1/experiments`, '{}', { 'Content-Type': 'text/plain' })).status).toBe(400);
  });

  it('are refused when a page of another origin sends them', async () => {
    await using world = await startWorld();
    const foreign = await post(`${world.url}/api/v1/experiments`, {}, { Origin: 'http://elsewhere.example' });
    expect(foreign.status).toBe(403);
    expect(foreign.body).toMatchObject({ error: { reason: 'ORIGIN_REFUSED' } });
    const own = await post(`${world.url}/api/v1/experiments`, {}, { Origin: world.url });
    expect(own.status).toBe(200);
  });
});

describe('a service that does not answer', () => {
  it('is named with its address', async () => {
    await using world = await startWorld();
    const { experiment } = world.upstreams.servers;
    await experiment.close(0);
    const { status, headers, body } = await get(`${world.url}/api/v1/experiments`);
    expect([status, headers.get('retry-after')]).toEqual([503, '2']);
    const message = expect.stringContaining(`the experiment service at ${experiment.address} does not answer`);
    expect(body).toMatchObject({
      error: { reason: 'PEER_UNREACHABLE', facts: { address: experiment.address }, message },
    });
    expect((await get(`${world.url}/api/v1/experiments/x/events`)).status).toBe(503);
  });

  it('leaves the encoders of the other deployments', async () => {
    await using world = await startWorld();
    await world.upstreams.servers.sl.close(0);
    const { status, body } = await get(`${world.url}/api/v1/encoders`);
    expect(status).toBe(200);
    const unavailable = [{ code: 'UNAVAILABLE', facts: { service: 'encoder service sl' } }];
    expect(body).toMatchObject({ encoders: [{ name: 'cl-tiny' }], unavailable });
    expect((await get(`${world.url}/api/v1/encoders/cl-tiny`)).status).toBe(200);
    expect((await get(`${world.url}/api/v1/encoders/sl-tiny`)).status).toBe(503);
  });
});

describe('the server', () => {
  it('says that it is well, over HTTP and gRPC', async () => {
    await using world = await startWorld();
    expect((await get(`${world.url}/healthz`)).body).toEqual({ status: 'SERVING' });
    using health = createClient(HealthService, world.gateway.grpcAddress);
    expect((await health.check({ service: '' })).status).toBe(Serving.SERVING);
  });

  it('answers unknown routes of the API in JSON, and shows the page elsewhere', async () => {
    await using world = await startWorld({ webDir: new URL('../web', import.meta.url).pathname });
    const api = await get(`${world.url}/api/v1/no-such`);
    expect(api.status).toBe(404);
    expect(api.body).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect((await get(`${world.url}/assets/..%2Fpackage.json`)).status).toBe(404);
    expect((await get(`${world.url}/anything`, { method: 'DELETE' })).status).toBe(404);
    for (const path of ['/', '/experiments/x']) {
      const page = await fetch(`${world.url}${path}`);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
      const again = await fetch(`${world.url}${path}`, {
        headers: { 'If-None-Match': page.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
    }
  });

  it('lets other origins call only when told to', async () => {
    await using closed = await startWorld();
    const headers = { Origin: 'https://lab.example' };
    const allowed = 'access-control-allow-origin';
    expect((await get(`${closed.url}/api/v1/encoders`, { headers })).headers.get(allowed)).toBe(null);
    await using open = await startWorld({ corsOrigins: ['https://lab.example'] });
    expect((await get(`${open.url}/api/v1/encoders`, { headers })).headers.get(allowed)).toBe('https://lab.example');
  });

  it('refuses what is no origin', () => {
    const parse = (corsOrigins: string) => gatewayConfigSchema.parse({ corsOrigins }).corsOrigins;
    expect(parse('https://lab.example, http://127.0.0.1:3000')).toEqual([
      'https://lab.example',
      'http://127.0.0.1:3000',
    ]);
    for (const bad of ['*', 'lab.example', 'https://lab.example/', ''])
      expect(() => parse(bad)).toThrow('a list of origins');
  });

  it('names a port that is in use, and keeps no other', async () => {
    await using world = await startWorld();
    const port = Number(new URL(world.url).port);
    const start = createGatewayServer({ ...world.config, port }, { logger: silentLogger });
    await expect(start).rejects.toThrow(ConflictError);
    await expect(start).rejects.toThrow(`127.0.0.1:${port}: expected an address that is free to listen on`);
  });
});
