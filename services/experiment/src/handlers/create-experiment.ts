import { parseAll } from '@parallax/config';
import type { ExperimentServiceService } from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { type Handler, parseRequestId } from '@parallax/rpc';
import { experimentMessage } from '../experiments/experiment-message.ts';
import { experimentSpec } from '../experiments/experiment-run.ts';
import { checkPlan } from '../requests/check-plan.ts';
import { parsePlan } from '../requests/parse-plan.ts';
import type { Service } from '../service.ts';

/** Queues a plan, once it is known that it can be carried out. */
export function createExperiment(service: Service): Handler<ExperimentServiceService, 'createExperiment'> {
  const { runner, ledger, datasets, peers } = service;
  return async (request, { signal }) => {
    const { plan, requestId } = parseAll({
      plan: () => parsePlan(request.plan),
      requestId: () => parseRequestId(request.requestId),
    });
    await checkPlan(plan, datasets);
    for (const { source } of plan.encoders) {
      if (source?.$case === 'existing') await peers.encoders.find(source.value, { signal });
    }
    const run = await runner.create(experimentSpec(plan), requestId);
    return { experiment: experimentMessage(run, await ledger.read(run.id)) };
  };
}
