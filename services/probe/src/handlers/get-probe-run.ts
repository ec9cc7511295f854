import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { Handler } from '@parallax/rpc';
import { probeRunMessage } from '../runs/probe-message.ts';
import type { Service } from '../service.ts';

/** Returns a run as it stands. */
export function getProbeRun({ probes }: Service): Handler<ProbeServiceService, 'getProbeRun'> {
  return async ({ id }) => ({ probeRun: probeRunMessage(await probes.get(id)) });
}
