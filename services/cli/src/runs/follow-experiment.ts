import { type Experiment, Stage, type StageProgress } from '@parallax/proto/parallax/experiment/v1/experiment';
import type {
  ExperimentServiceService,
  WatchExperimentResponse,
} from '@parallax/proto/parallax/experiment/v1/experiment_service';
import type { Client } from '@parallax/rpc';
import type { Shell } from '../shell.ts';
import { formatProportion } from '../terminal/percent.ts';
import type { ProgressDisplay } from '../terminal/progress-display.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type FollowedRun, followRun, showProgress } from './follow-run.ts';

/** Client of the experiment service. */
export type ExperimentClient = Client<typeof ExperimentServiceService>;

/** An event together with the experiment as it was last sent whole. */
interface Sighting {
  readonly event: WatchExperimentResponse['event'];
  readonly experiment: Experiment | undefined;
}

/** Shows an experiment's progress until it has succeeded, and returns it with its result. Cancels it on interruption. */
export function followExperiment(client: ExperimentClient, id: string, shell: Shell): Promise<Experiment> {
  return follow(client, id, shell, { cancel: () => client.cancelExperiment({ id }) });
}

/** The same, but leaves it running on interruption. */
export function watchExperiment(client: ExperimentClient, id: string, shell: Shell): Promise<Experiment> {
  return follow(client, id, shell, {});
}

async function follow(
  client: ExperimentClient,
  id: string,
  shell: Shell,
  cancellation: Pick<FollowedRun<Sighting>, 'cancel'>,
): Promise<Experiment> {
  const announced = new Set<string>();
  const last = await followRun<Sighting>(
    {
      what: `experiment ${id}`,
      watch: (signal) => sightings(client, id, signal),
      ...cancellation,
      runOf: ({ experiment }) => experiment?.run,
      show: ({ event }, display) => show(event, display, shell.terminal, announced),
    },
    shell,
  );
  if (last.experiment === undefined) throw new Error(`experiment ${id} ended unseen`);
  return last.experiment;
}

async function* sightings(client: ExperimentClient, id: string, signal: AbortSignal): AsyncGenerator<Sighting> {
  let experiment: Experiment | undefined;
  for await (const { event } of client.watchExperiment({ id }, { signal })) {
    if (event?.$case === 'snapshot') experiment = event.value;
    yield { event, experiment };
  }
}

function show(event: Sighting['event'], display: ProgressDisplay, terminal: Terminal, announced: Set<string>): void {
  if (event?.$case === 'progress') showProgress(labelOf(event.value), event.value.progress, display);
  if (event?.$case === 'encoder' && event.value.probeAccuracy !== undefined && !announced.has(event.value.name)) {
    announced.add(event.value.name);
    terminal.note(`${event.value.name}: linear probe ${formatProportion(event.value.probeAccuracy)}`);
  }
}

const verbs: Readonly<Record<number, string>> = {
  [Stage.TRAIN]: 'training',
  [Stage.PROBE]: 'probing',
  [Stage.ATTACK]: 'attacking',
  [Stage.TRANSFER]: 'transferring',
  [Stage.AGGREGATE]: 'aggregating',
};

/** `training 2/4 cl-tiny`. */
function labelOf({ stage, item, itemsDone, itemsTotal }: StageProgress): string {
  const position = itemsTotal > 1 ? ` ${Math.min(itemsDone + 1, itemsTotal)}/${itemsTotal}` : '';
  return `${verbs[stage] ?? ''}${position} ${item}`.trim();
}
