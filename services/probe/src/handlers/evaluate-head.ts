import type { ProbeServiceService } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { Handler } from '@parallax/rpc';
import { evaluateHead as evaluate } from '../evaluation/evaluate-head.ts';
import { parseEvaluation } from '../requests/parse-evaluation.ts';
import { openNamed, openSource } from '../runs/ground.ts';
import type { Service } from '../service.ts';

/** Measures the accuracy of a head on a dataset. */
export function evaluateHead({ ground }: Service): Handler<ProbeServiceService, 'evaluateHead'> {
  return async (request, { signal }) => {
    const { source: spec, head, dataset, ...options } = parseEvaluation(request);
    await using source = await openSource(spec, ground, signal);
    return evaluate(source, head, await openNamed(dataset, ground), { ...options, engine: ground.engine, signal });
  };
}
