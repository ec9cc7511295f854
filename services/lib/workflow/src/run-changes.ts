import { Doorbell } from './doorbell.ts';

/** Tells whoever is interested in a topic (a run's id, or the queue of a kind) within this process that it changed. */
export class RunChanges {
  private readonly bells = new Map<string, Set<Doorbell>>();

  /** Rings at every `announce` of the topic, until `forget`. */
  listen(topic: string): Doorbell {
    const bell = new Doorbell();
    const bells = this.bells.get(topic) ?? new Set();
    this.bells.set(topic, bells.add(bell));
    return bell;
  }

  forget(topic: string, bell: Doorbell): void {
    const bells = this.bells.get(topic);
    bells?.delete(bell);
    if (bells?.size === 0) this.bells.delete(topic);
  }

  announce(topic: string): void {
    for (const bell of this.bells.get(topic) ?? []) bell.ring();
  }
}
