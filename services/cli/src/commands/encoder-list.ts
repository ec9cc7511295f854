import type { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { createClient } from '@parallax/rpc';
import type { Command } from 'commander';
import { formatParadigm } from '../options/paradigms.ts';
import { allPages } from '../runs/all-pages.ts';
import type { Shell } from '../shell.ts';
import { formatTable } from '../terminal/table.ts';

/** `parallax encoder list`: the encoders of all deployments. */
export function addEncoderList(encoder: Command, shell: Shell): void {
  encoder
    .command('list')
    .description('list the encoders of all encoder services')
    .action(async () => {
      const { encoders } = await shell.config();
      const lists = await Promise.all([...encoders.values()].map((address) => listEncoders(address, shell.signal)));
      const found = lists.flat();
      shell.terminal.print(found.length === 0 ? 'no encoders yet: parallax encoder train --help' : encoderTable(found));
    });
}

async function listEncoders(address: string, signal: AbortSignal): Promise<readonly Encoder[]> {
  using client = createClient(EncoderServiceService, address);
  return allPages(async (pageToken) => {
    const { encoders, nextPageToken } = await client.listEncoders({ pageSize: 0, pageToken }, { signal });
    return { items: encoders, nextPageToken };
  });
}

function encoderTable(encoders: readonly Encoder[]): string {
  const columns = [
    { heading: 'encoder' },
    { heading: 'paradigm' },
    { heading: 'architecture' },
    { heading: 'parameters', align: 'right' as const },
    { heading: 'features', align: 'right' as const },
    { heading: 'trained on' },
    { heading: 'bundle' },
  ];
  const rows = encoders.map((encoder) => [
    encoder.name,
    formatParadigm(encoder.paradigm),
    encoder.architecture,
    encoder.parameters.toLocaleString('en-US'),
    String(encoder.featureDimension),
    encoder.provenance?.dataset || '–',
    encoder.bundleDigest.slice(0, 12),
  ]);
  return formatTable(columns, rows);
}
