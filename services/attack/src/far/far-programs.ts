import { compileFar, type FarExecutable, type FarSource, placeFar } from '@parallax/attacks';
import { createObjective } from '@parallax/objectives';
import type { ValueAndGradientSessionResponse_Plan as LookPlan } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Engine } from '@parallax/runtime';
import type { AttackTask } from '../attacking/attack-batch.ts';

/** The attack's own graphs, stage by stage, compiled when they are first needed and kept for all batches of a task. */
export class FarPrograms {
  readonly #task: AttackTask;
  readonly #engine: Engine;
  readonly #compiled = new Map<string, Promise<FarExecutable>>();

  constructor(task: AttackTask, engine: Engine) {
    this.#task = task;
    this.#engine = engine;
  }

  /** Of the stage at `index`, given what looks through each source are like. @throws as `placeFar`. */
  stage(index: number, plans: readonly LookPlan[]): Promise<FarExecutable> {
    const key = JSON.stringify([index, plans]);
    const compiled = this.#compiled.get(key) ?? this.#compile(index, plans);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  async close(): Promise<void> {
    const compiled = await Promise.allSettled(this.#compiled.values());
    await Promise.all(compiled.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
  }

  async #compile(index: number, plans: readonly LookPlan[]): Promise<FarExecutable> {
    const { attack, sources } = this.#task;
    const { selection, gradientDraws, acceptanceDraws } = attack;
    const stage = attack.stages[index];
    if (stage === undefined) throw new RangeError(`stage: expected one of ${attack.stages.length}, got ${index}`);
    const takesGradients = stage.bound.needs.includes('gradient');
    const seen = sources.map(({ objectives, weight }, place): FarSource => {
      const [objective, plan] = [objectives[index], plans[place]];
      if (objective === undefined || plan === undefined) throw new RangeError(`source ${place}: expected a plan`);
      const { classes, stochastic, forward, backward } = plan;
      return {
        objective: createObjective(objective.spec),
        weight,
        ...(classes > 0 ? { classes } : {}),
        stochastic,
        cost: { forward, backward },
      };
    });
    const draws = takesGradients ? { gradientDraws } : { acceptanceDraws };
    const given = Object.fromEntries(Object.entries(draws).filter(([, count]) => count !== undefined));
    return compileFar(placeFar(stage.bound, seen, { selection, ...given }), this.#engine);
  }
}
