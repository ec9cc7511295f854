import { RunState } from '@parallax/proto/parallax/common/v1/run';
import { Experiment } from '@parallax/proto/parallax/experiment/v1/experiment';
import {
  type CreateExperimentRequest,
  ExperimentServiceService,
  type WatchExperimentResponse,
} from '@parallax/proto/parallax/experiment/v1/experiment_service';
import { invalidArgument, notFound, type ServiceImplementation } from '@parallax/rpc';
import { implementPartly } from '@parallax/rpc/testing';
import { Broadcast } from './broadcast.ts';

type Event = NonNullable<WatchExperimentResponse['event']>;

/** An experiment service that carries nothing out: the test says what there is and what happens. */
export class FakeExperiments {
  private readonly experiments = new Map<string, Experiment>();
  private readonly events = new Broadcast<{ readonly id: string; readonly event: Event }>();
  /** Create requests received. */
  readonly created: CreateExperimentRequest[] = [];

  /** Who watches at the moment. */
  get watcherCount(): number {
    return this.events.readerCount;
  }

  /** Adds an experiment, or says how it stands now; newest last. */
  set(experiment: Experiment): void {
    this.experiments.set(idOf(experiment), experiment);
  }

  /** Tells the watchers of an experiment. */
  publish(id: string, event: Event): void {
    this.events.push({ id, event });
  }

  readonly implementation: ServiceImplementation = implementPartly(ExperimentServiceService, {
    createExperiment: async (request) => {
      if (request.plan?.encoders.length === 0) {
        const violations = [{ field: 'plan.encoders', description: 'expected at least 1 entries, got none' }];
        throw invalidArgument('plan.encoders: expected at least 1 entries, got none', {
          reason: 'INVALID_FIELD',
          violations,
        });
      }
      this.created.push(request);
      return { experiment: Experiment.create({ run: { id: 'created' }, plan: request.plan }) };
    },
    getExperiment: async ({ id }) => ({ experiment: this.get(id) }),
    listExperiments: async ({ pageSize }) => {
      const newestFirst = [...this.experiments.values()].reverse();
      return { experiments: newestFirst.slice(0, pageSize === 0 ? 50 : pageSize), nextPageToken: '' };
    },
    cancelExperiment: async ({ id }) => ({ experiment: this.get(id) }),
    watchExperiment: ({ id }, { signal }) => this.watch(id, signal),
  });

  private async *watch(id: string, signal: AbortSignal): AsyncGenerator<WatchExperimentResponse> {
    const snapshot = this.get(id);
    yield { event: { $case: 'snapshot', value: snapshot } };
    if (isFinal(snapshot)) return;
    for await (const { id: about, event } of this.events.read(signal)) {
      if (about !== id) continue;
      yield { event };
      if (event.$case === 'snapshot' && isFinal(event.value)) return;
    }
  }

  private get(id: string): Experiment {
    const experiment = this.experiments.get(id);
    if (experiment !== undefined) return experiment;
    throw notFound(`${id}: expected the id of an experiment, got an unknown one`, {
      reason: 'EXPERIMENT_NOT_FOUND',
      facts: { id },
    });
  }
}

function idOf(experiment: Experiment): string {
  return experiment.run?.id ?? '';
}

function isFinal({ run }: Experiment): boolean {
  return run !== undefined && run.state >= RunState.SUCCEEDED;
}
