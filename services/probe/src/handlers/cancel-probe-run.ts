import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { Handler } from '@parallax/rpc';
import { probeRunMessage } from '../runs/probe-message.ts';
import type { Service } from '../service.ts';

/** Asks a run to stop; it ends at the next step. */
export function cancelProbeRun({ probes }: Service): Handler<ProbeServiceService, 'cancelProbeRun'> {
  return async ({ id }) => ({ probeRun: probeRunMessage(await probes.cancel(id)) });
}
