import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ContractContext } from '../context.ts';
import { encoderName } from '../samples.ts';

const script = fileURLToPath(new URL('../plain-client.mjs', import.meta.url));

/** A program that was written from the protos alone. */
export function plainClientSuite(context: ContractContext, experimentId: () => string): void {
  describe('a client that has only the protos', () => {
    test('embeds, attacks and reads the matrix', async () => {
      const { 'encoder-sl': encoder, attack, metrics } = context.deployment.addresses;
      const args = [script, encoder, attack, metrics, encoderName, experimentId()];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(JSON.parse(stdout)).toMatchObject({ features: [2, expect.anything()], records: 2, rows: 2 });
    });
  });
}
