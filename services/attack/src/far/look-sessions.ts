import { InputError } from '@parallax/config';
import { objectiveMessage, type ParsedObjective } from '@parallax/messages';
import { createObjective } from '@parallax/objectives';
import {
  type ValueAndGradientSessionResponse_Plan as LookPlan,
  ValueAndGradientSessionRequest_Opening as Opening,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import { encodeTensor } from '@parallax/tensor';
import type { AttackBatch, AttackTask } from '../attacking/attack-batch.ts';
import type { Source } from '../attacking/source.ts';
import { LookSession } from './look-session.ts';

/** The sessions of one batch: one for each source and objective; stages with the same objective share them. */
export class LookSessions implements AsyncDisposable {
  readonly #task: AttackTask;
  readonly #sessions = new Map<string, LookSession>();

  private constructor(task: AttackTask) {
    this.#task = task;
  }

  /** @throws RpcError that names the source which refuses. */
  static async open(task: AttackTask, batch: AttackBatch, options: CallOptions): Promise<LookSessions> {
    assertReferencesOfUse(task, batch);
    const opened = new LookSessions(task);
    // Where one refuses, the others need not be waited for.
    const refused = new AbortController();
    const { signal = refused.signal } = options;
    const stopped = { ...options, signal: AbortSignal.any([signal, refused.signal]) };
    const failures: unknown[] = [];
    const opening = task.sources.map((source) =>
      opened.#openAll(source, batch, stopped).catch((error: unknown) => {
        failures.push(error);
        refused.abort();
      }),
    );
    await Promise.all(opening);
    if (failures.length === 0) return opened;
    await opened[Symbol.asyncDispose]();
    throw failures[0];
  }

  /** One a source, in their order. */
  ofStage(index: number): readonly LookSession[] {
    return this.#task.sources.map((source) => {
      const objective = source.objectives[index];
      const session = objective && this.#sessions.get(keyOf(source, objective));
      if (session === undefined) throw new RangeError(`stage ${index}: expected a session of ${source.encoder.name}`);
      return session;
    });
  }

  /** Of all sessions. */
  get plans(): readonly LookPlan[] {
    return [...this.#sessions.values()].map(({ plan }) => plan);
  }

  async #openAll(source: Source, batch: AttackBatch, options: CallOptions): Promise<void> {
    for (const objective of source.objectives) {
      const key = keyOf(source, objective);
      if (this.#sessions.has(key)) continue;
      const opening = openingOf(this.#task, source, objective, batch);
      this.#sessions.set(key, await LookSession.open(source, opening, options));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session[Symbol.asyncDispose]()));
  }
}

function keyOf({ index }: Source, { spec, head }: ParsedObjective): string {
  return JSON.stringify([index, spec, head]);
}

function openingOf(
  { seed }: AttackTask,
  { encoder, head }: Source,
  objective: ParsedObjective,
  { images, labels, targets, references, sampleIds }: AttackBatch,
): Opening {
  return {
    ...Opening.create({ encoder: encoder.name, seed }),
    head,
    objective: objectiveMessage(objective.spec, objective.head),
    cleanImages: encodeTensor(images),
    labels,
    targets,
    references:
      references && takesReferences(objective)
        ? { ...references, contents: Buffer.from(references.contents) }
        : undefined,
    sampleIds: sampleIds.map(BigInt),
  };
}

function takesReferences({ spec }: ParsedObjective): boolean {
  const { needs } = createObjective(spec);
  return needs.includes('reference') || needs.includes('negatives');
}

/** @throws InputError for references that no objective compares with. */
function assertReferencesOfUse({ sources }: AttackTask, { references }: AttackBatch): void {
  if (references === undefined) return;
  if (sources.some(({ objectives }) => objectives.some(takesReferences))) return;
  const expected = 'none, as no objective compares with references';
  throw new InputError([{ field: 'references', expected, got: 'images' }]);
}
