import { follow } from './api/follow.ts';
import type { Experiment, ExperimentEvent } from './api/messages.ts';
import { ApiError, cancelExperiment, getExperiment, getMeasures, listExperiments } from './api/request.ts';
import { patch } from './dom/patch.ts';
import { applyEvent } from './model/apply-event.ts';
import { type Actions, emptyPage, type PageState } from './model/page-state.ts';
import { page } from './view/page.ts';

/** How often the page looks for new experiments. */
const pollMs = 3_000;

/** Measurements come in bursts; what is computed from them is asked for once they pause. */
const measuresDelayMs = 400;

/**
 * Shows one experiment in an element and follows it: the one named, or else the newest, also when a newer one begins.
 */
export class App {
  private state: PageState;
  private stopFollowing = () => {};
  private frame: number | undefined;
  private measuresTimer: number | undefined;

  constructor(
    private readonly element: Element,
    private readonly named: string | undefined,
  ) {
    this.state = { ...emptyPage, wanted: named };
  }

  /** Begins, and goes on as long as the page is open. */
  start(): void {
    if (this.named !== undefined) this.follow(this.named);
    this.render();
    void this.poll();
  }

  private readonly actions: Actions = {
    select: (selection) => this.update({ selection: { ...this.state.selection, ...selection } }),
    open: (experiment) => window.location.assign(`/experiments/${encodeURIComponent(experiment)}`),
    cancel: () => {
      const id = this.state.experiment?.run.id;
      if (id === undefined || !window.confirm('Stop this experiment? What it has measured so far is kept.')) return;
      cancelExperiment(id).catch((error: unknown) => this.update({ problem: messageOf(error) }));
    },
  };

  private async poll(): Promise<void> {
    try {
      const experiments = await listExperiments();
      const newest = experiments[0]?.run.id;
      const recovered = !this.state.loaded || this.state.connection === 'ended';
      this.update({ loaded: true, experiments, ...(recovered && { problem: undefined }) });
      if (this.named === undefined && newest !== undefined && newest !== this.state.wanted) this.follow(newest);
    } catch (error) {
      this.update({ loaded: this.state.experiment !== undefined, problem: retrying(messageOf(error)) });
    }
    window.setTimeout(() => void this.poll(), pollMs);
  }

  private follow(id: string): void {
    this.stopFollowing();
    const { selection } = emptyPage;
    this.update({
      wanted: id,
      experiment: undefined,
      connection: 'connecting',
      usefulness: [],
      robustness: [],
      selection,
    });
    this.stopFollowing = follow(id, {
      onEvent: (event) => this.onEvent(event),
      onMeasurements: () => {
        this.update({ problem: undefined });
        this.refreshMeasures();
      },
      onProblem: (problem) => this.update({ problem: retrying(problem) }),
      onConnection: (connection) => this.update({ connection }),
      onRefused: () => void this.explainRefusal(id),
    });
  }

  private onEvent(event: ExperimentEvent): void {
    const experiment = applyEvent(this.state.experiment, event);
    this.update({ experiment, ...(event.event === 'snapshot' && { problem: undefined }) });
    if (event.event === 'snapshot') this.refreshMeasures();
  }

  /** Asks what a stream of events cannot say: why it was refused. */
  private async explainRefusal(id: string): Promise<void> {
    try {
      await getExperiment(id);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        this.stopFollowing();
        this.update({ loaded: true, connection: 'ended', experiment: undefined });
      } else {
        this.update({ problem: retrying(messageOf(error)) });
      }
    }
  }

  private refreshMeasures(): void {
    window.clearTimeout(this.measuresTimer);
    this.measuresTimer = window.setTimeout(() => {
      const { experiment } = this.state;
      if (experiment !== undefined) void this.loadMeasures(experiment);
    }, measuresDelayMs);
  }

  /** The aggregator knows nothing of an experiment before its first measurement; that is no problem to speak of. */
  private async loadMeasures({ run }: Experiment): Promise<void> {
    const [usefulness, robustness] = await Promise.all([
      getMeasures(run.id, 'usefulness').catch(() => []),
      getMeasures(run.id, 'robustness').catch(() => []),
    ]);
    if (this.state.experiment?.run.id === run.id) this.update({ usefulness, robustness });
  }

  private update(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    // Events come faster than the screen shows them.
    this.frame ??= window.requestAnimationFrame(() => this.render());
  }

  private render(): void {
    this.frame = undefined;
    const title = this.state.experiment?.plan.title;
    document.title = title ? `${title} · Parallax` : 'Parallax';
    patch(this.element, page(this.state, this.actions));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For what the page itself will ask again. */
function retrying(message: string): string {
  return `${message.replace(/\.$/, '')}. Trying again …`;
}
