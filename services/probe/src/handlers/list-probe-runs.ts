import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { Handler } from '@parallax/rpc';
import { statesOf } from '@parallax/workflow';
import { probeRunMessage } from '../runs/probe-message.ts';
import type { Service } from '../service.ts';

/** Returns one page of runs, the newest first. */
export function listProbeRuns({ probes }: Service): Handler<ProbeServiceService, 'listProbeRuns'> {
  return async ({ pageSize, pageToken, state }) => {
    const { runs, nextPageToken } = await probes.list({ pageSize, pageToken, states: statesOf(state) });
    return { probeRuns: runs.map(probeRunMessage), nextPageToken };
  };
}
