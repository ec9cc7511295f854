import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { plannedRpcs } from '@parallax/proto/planned-rpcs';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import type { ProcessName } from '../deployment.ts';

const processes: Readonly<Record<string, ProcessName>> = {
  inference: 'encoder-sl',
  'parallax.encoder.v1': 'encoder-sl',
  'parallax.attack.v1': 'attack',
  'parallax.probe.v1': 'probe',
  'parallax.metrics.v1': 'metrics',
  'parallax.experiment.v1': 'experiment',
};

const unimplemented = 12;

/** What is in the contracts but not built yet says so. */
export function plannedSuite(context: ContractContext): void {
  describe('planned RPCs', () => {
    test.each(plannedRpcs)('%s answers UNIMPLEMENTED', async (rpc) => {
      const [packageName = ''] = rpc.split(/\.[A-Z]/, 1);
      const process = processes[packageName === rpc ? 'inference' : packageName] ?? 'encoder-sl';
      expect(await statusOf(context.deployment.addresses[process], `/${rpc}`)).toBe(unimplemented);
    });
  });
}

/** The status code with which a call of an empty message ends. */
async function statusOf(address: string, path: string): Promise<number> {
  const client = new Client(address, credentials.createInsecure());
  try {
    return await new Promise((resolve) => {
      const raw = (bytes: Buffer) => bytes;
      const call = client.makeBidiStreamRequest(path, raw, raw);
      call.on('error', (error: ServiceError) => resolve(error.code));
      call.on('status', ({ code }) => resolve(code));
      call.resume();
      call.write(Buffer.alloc(0));
      call.end();
    });
  } finally {
    client.close();
  }
}
