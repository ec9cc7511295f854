import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { Handler } from '@parallax/rpc';
import { probeRunMessage } from '../runs/probe-message.ts';
import type { Service } from '../service.ts';

/** Sends a run as it stands, then at each change. */
export function watchProbeRun({ probes }: Service): Handler<ProbeServiceService, 'watchProbeRun'> {
  return async function* ({ id }, { signal }) {
    for await (const run of probes.watch(id, signal)) yield { probeRun: probeRunMessage(run) };
  };
}
