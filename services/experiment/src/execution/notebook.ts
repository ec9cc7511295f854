import type { Progress } from '@parallax/proto/parallax/common/v1/progress';
import { ExperimentResult, Stage, StageProgress } from '@parallax/proto/parallax/experiment/v1/experiment';
import { RpcError, rpcErrorFrom } from '@parallax/rpc';
import type { RunContext } from '@parallax/workflow';
import type { ExperimentLedger } from '../experiments/experiment-ledger.ts';

const stageNames: { readonly [S in Stage]?: string } = {
  [Stage.TRAIN]: 'train',
  [Stage.PROBE]: 'probe',
  [Stage.ATTACK]: 'attack',
  [Stage.TRANSFER]: 'transfer',
  [Stage.AGGREGATE]: 'aggregate',
};

/** What an experiment being carried out has found, and where it is. Everything written here is seen by those who watch. */
export class Notebook {
  private found = ExperimentResult.create({});
  private progress = StageProgress.create({});
  private stageBegan = performance.now();
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly ledger: ExperimentLedger,
    private readonly context: Pick<RunContext, 'runId' | 'progress' | 'signal'>,
  ) {}

  get result(): ExperimentResult {
    return this.found;
  }

  /** Begins a stage of so many items; notes how long the one before took. */
  async begin(stage: Stage, itemsTotal: number): Promise<void> {
    await this.endStage();
    this.stageBegan = performance.now();
    this.progress = StageProgress.create({ stage, itemsTotal });
    await this.write();
  }

  /** Notes that the last stage is over. */
  async endStage(): Promise<void> {
    const { stage } = this.progress;
    if (stage === Stage.UNSPECIFIED) return;
    const timing = { stage, seconds: (performance.now() - this.stageBegan) / 1000 };
    await this.note({ timings: [...this.found.timings, timing] });
  }

  /**
   * Works on one item of the stage.
   * @throws RpcError in the words of what went wrong, naming stage and item.
   */
  async item<T>(item: string, work: (onProgress: (progress: Progress) => void) => Promise<T>): Promise<T> {
    this.progress = { ...this.progress, item, progress: undefined };
    await this.write();
    const done = await this.blaming(item, () => work((progress) => this.advance(progress)));
    this.progress = { ...this.progress, item: '', itemsDone: this.progress.itemsDone + 1, progress: undefined };
    await this.write();
    return done;
  }

  /** Adds to what is known. */
  async note(findings: Partial<ExperimentResult>): Promise<void> {
    this.found = { ...this.found, ...findings };
    await this.write();
  }

  /** Waits until all that was written can be read. */
  async settle(): Promise<void> {
    await this.written;
  }

  private async blaming<T>(item: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (this.context.signal.aborted) throw cause;
      const { status, reason, facts, violations, message } = rpcErrorFrom(cause);
      const where = `${stageNames[this.progress.stage] ?? ''} ${item}`;
      throw new RpcError(status, `${where}: ${message}`, { reason, facts, violations, cause });
    }
  }

  private advance(progress: Progress): void {
    this.progress = { ...this.progress, progress };
    // Progress is advisory: nobody waits for it, and an error shows at the next write that matters.
    void this.write().catch(() => undefined);
  }

  private write(): Promise<void> {
    const findings = { progress: this.progress, result: this.found };
    this.written = this.written
      .catch(() => undefined)
      .then(() => this.ledger.write(this.context.runId, findings))
      .then(() => this.context.progress(this.report()));
    return this.written;
  }

  /** What the run itself says: watchers are woken when it changes, so it has to change when anything does. */
  private report() {
    const { stage, item, itemsDone, itemsTotal, progress } = this.progress;
    const name = [stageNames[stage] ?? 'start', item].filter((part) => part !== '').join(' ');
    if (progress === undefined) return { stage: name, done: itemsDone, total: itemsTotal, unit: 'items' };
    return { stage: name, done: Number(progress.done), total: Number(progress.total), unit: progress.unit };
  }
}
