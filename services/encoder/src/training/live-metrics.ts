import type { TrainingMetrics } from './training-spec.ts';

/** The metrics of the runs that this process is executing. Progress is advisory, so they are kept nowhere else. */
export class LiveMetrics {
  private readonly latest = new Map<string, TrainingMetrics>();

  set(runId: string, metrics: TrainingMetrics): void {
    this.latest.set(runId, metrics);
  }

  get(runId: string): TrainingMetrics | undefined {
    return this.latest.get(runId);
  }

  forget(runId: string): void {
    this.latest.delete(runId);
  }
}
