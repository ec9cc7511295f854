import { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import { describe, expect, it, vi } from 'vitest';
import { cell, encoderOutcome, finishedExperiment, startedExperiment } from './testing/example-experiment.ts';
import { noImages } from './testing/example-images.ts';
import { type ReceivedEvent, readEvents } from './testing/read-events.ts';
import { startWorld } from './testing/start-world.ts';

const attack = 'pgd-linf-8';

async function nextOf(events: AsyncIterator<ReceivedEvent>): Promise<ReceivedEvent> {
  const step = await events.next();
  if (step.done === true) throw new Error('expected a further event, got the end');
  return step.value;
}

describe('the events of an experiment', () => {
  it('are a snapshot, what happens, and the end', async () => {
    await using world = await startWorld();
    const { experiments } = world.upstreams;
    experiments.set(startedExperiment('x'));
    const response = await fetch(`${world.url}/api/v1/experiments/x/events`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = readEvents(response);
    expect(await nextOf(events)).toMatchObject({ event: 'snapshot', data: { run: { state: 'RUN_STATE_RUNNING' } } });
    await vi.waitFor(() => expect(experiments.watcherCount).toBe(1));
    experiments.publish('x', { $case: 'encoder', value: encoderOutcome(0) });
    expect(await nextOf(events)).toMatchObject({ event: 'encoder', data: { name: 'sl-tiny', parameters: '174906' } });
    experiments.publish('x', { $case: 'cell', value: cell(attack, 0, 1) });
    expect(await nextOf(events)).toMatchObject({ event: 'cell', data: { accuracy: { successes: 61 } } });
    experiments.publish('x', { $case: 'snapshot', value: finishedExperiment('x', noImages) });
    expect(await nextOf(events)).toMatchObject({ event: 'snapshot', data: { run: { state: 'RUN_STATE_SUCCEEDED' } } });
    expect(await nextOf(events)).toMatchObject({ event: 'end' });
    expect((await events.next()).done).toBe(true);
  });

  it('bring the measurements recorded meanwhile, after the last one seen', async () => {
    await using world = await startWorld();
    const { experiments, measurements } = world.upstreams;
    experiments.set(startedExperiment('x'));
    const response = await fetch(`${world.url}/api/v1/experiments/x/events`, { headers: { 'Last-Event-ID': '4' } });
    const events = readEvents(response);
    await nextOf(events);
    await vi.waitFor(() => expect(measurements.readerCount).toBe(1));
    measurements.push(Measurement.create({ id: 4n, experimentId: 'x' }));
    measurements.push(Measurement.create({ id: 5n, experimentId: 'x' }));
    expect(await nextOf(events)).toMatchObject({
      event: 'measurements',
      id: '5',
      data: { measurements: [{ id: '5' }] },
    });
  });

  it('go on without the metrics service, which is named', async () => {
    await using world = await startWorld();
    const { experiments, servers } = world.upstreams;
    await servers.metrics.close(0);
    experiments.set(startedExperiment('x'));
    const events = readEvents(await fetch(`${world.url}/api/v1/experiments/x/events`));
    await nextOf(events);
    const { event, data } = await nextOf(events);
    expect(event).toBe('problem');
    expect(data).toMatchObject({ error: { facts: { service: 'metrics service', address: servers.metrics.address } } });
    experiments.publish('x', { $case: 'cell', value: cell(attack, 0, 0) });
    expect((await nextOf(events)).event).toBe('cell');
  });

  it('are refused like any request when there is no such experiment', async () => {
    await using world = await startWorld();
    const response = await fetch(`${world.url}/api/v1/experiments/nobody/events`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { reason: 'EXPERIMENT_NOT_FOUND' } });
  });

  it('break off with a problem when the experiment service does', async () => {
    await using world = await startWorld();
    const { experiments, servers } = world.upstreams;
    experiments.set(startedExperiment('x'));
    const events = readEvents(await fetch(`${world.url}/api/v1/experiments/x/events`));
    await nextOf(events);
    await servers.experiment.close(0);
    expect(await nextOf(events)).toMatchObject({ event: 'problem', data: { error: { code: 'UNAVAILABLE' } } });
    expect((await events.next()).done).toBe(true);
  });

  it('stop the watching when the client leaves', async () => {
    await using world = await startWorld();
    const { experiments, measurements } = world.upstreams;
    experiments.set(startedExperiment('x'));
    const leave = new AbortController();
    const events = readEvents(await fetch(`${world.url}/api/v1/experiments/x/events`, { signal: leave.signal }));
    await nextOf(events);
    await vi.waitFor(() => expect([experiments.watcherCount, measurements.readerCount]).toEqual([1, 1]));
    leave.abort();
    await vi.waitFor(() => expect([experiments.watcherCount, measurements.readerCount]).toEqual([0, 0]));
  });

  it('do not keep the gateway from stopping', async () => {
    await using world = await startWorld();
    world.upstreams.experiments.set(startedExperiment('x'));
    const events = readEvents(await fetch(`${world.url}/api/v1/experiments/x/events`));
    await nextOf(events);
    const start = performance.now();
    await world.gateway.close();
    expect(performance.now() - start).toBeLessThan(1_500);
  });
});
