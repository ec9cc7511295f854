import { plannedRpcs } from '@parallax/proto/planned-rpcs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createContext } from './context.ts';
import type { Deployment } from './deployment.ts';
import { ownRpcs } from './own-rpcs.ts';
import { attackSuite } from './suites/attack.ts';
import { encoderSuite } from './suites/encoder.ts';
import { errorsSuite } from './suites/errors.ts';
import { experimentSuite } from './suites/experiment.ts';
import { importingSuite } from './suites/importing.ts';
import { inferenceSuite } from './suites/inference.ts';
import { metricsSuite } from './suites/metrics.ts';
import { plainClientSuite } from './suites/plain-client.ts';
import { plannedSuite } from './suites/planned.ts';
import { portsSuite } from './suites/ports.ts';
import { probeSuite } from './suites/probe.ts';

const startMs = 300_000;

/**
 * What every deployment of the services does, however it runs. Parts build on each other: the encoder that the first one
 * trains is probed, attacked and transferred by the others.
 */
export function servicesContract(name: string, start: () => Promise<Deployment>): void {
  describe(name, () => {
    let deployment: Deployment | undefined;
    let experimentId = '';
    const context = createContext(() => {
      if (deployment === undefined) throw new Error(`${name} is not running`);
      return deployment;
    });

    beforeAll(async () => {
      deployment = await start();
    }, startMs);
    afterAll(() => deployment?.[Symbol.asyncDispose](), startMs);

    portsSuite(context);
    encoderSuite(context);
    importingSuite(context);
    inferenceSuite(context);
    errorsSuite(context);
    probeSuite(context);
    attackSuite(context);
    metricsSuite(context);
    experimentSuite(context, (id) => {
      experimentId = id;
    });
    plainClientSuite(context, () => experimentId);
    plannedSuite(context);

    test('every implemented RPC was called', () => {
      const planned: readonly string[] = plannedRpcs;
      expect(ownRpcs().filter((rpc) => !planned.includes(rpc) && !context.called.has(rpc))).toEqual([]);
    });
  });
}
