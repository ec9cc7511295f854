import { parseAll } from '@parallax/config';
import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import { type Handler, parseRequestId } from '@parallax/rpc';
import { parseProbeSpec } from '../requests/parse-probe-spec.ts';
import { openNamed, openSource } from '../runs/ground.ts';
import { probeRunMessage } from '../runs/probe-message.ts';
import type { Service } from '../service.ts';

/** Queues a probe, once it is known that encoder and datasets are there. */
export function createProbeRun({ ground, probes }: Service): Handler<ProbeServiceService, 'createProbeRun'> {
  return async (request, { signal }) => {
    const { spec, requestId } = parseAll({
      spec: () => parseProbeSpec(request.spec),
      requestId: () => parseRequestId(request.requestId),
    });
    await using _source = await openSource(spec.source, ground, signal);
    await openNamed(spec.trainDataset, ground);
    await openNamed(spec.testDataset, ground);
    return { probeRun: probeRunMessage(await probes.create(spec, requestId)) };
  };
}
