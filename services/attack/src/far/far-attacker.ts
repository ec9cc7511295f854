import {
  type FarProgram,
  type FarStage,
  gradientDrawsOf,
  type NearBatch,
  type NearProgress,
  predictCost,
  runFar,
} from '@parallax/attacks';
import type { PerturbResponse_Plan as Plan } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import type { Engine } from '@parallax/runtime';
import type { AttackBatch, AttackTask } from '../attacking/attack-batch.ts';
import type { Attacker, Perturbed } from '../attacking/attacker.ts';
import { FarPrograms } from './far-programs.ts';
import { LookSessions } from './look-sessions.ts';
import { observe } from './observe.ts';

/** Draws that decide a verdict on a stochastic encoder unless the request says otherwise. */
const standardVerdictDraws = 20;

/** Attacks from here, by looks that encoder services make. What it finds is what they would find next to the weights. */
export class FarAttacker implements Attacker {
  readonly #task: AttackTask;
  readonly #engine: Engine;
  readonly #programs: FarPrograms;

  constructor(task: AttackTask, engine: Engine) {
    this.#task = task;
    this.#engine = engine;
    this.#programs = new FarPrograms(task, engine);
  }

  async attack(batch: AttackBatch, options: CallOptions, report: (share: number) => void): Promise<Perturbed> {
    const { attack, seed } = this.#task;
    const { verdictRule, verdictDraws = standardVerdictDraws } = attack;
    await using sessions = await LookSessions.open(this.#task, batch, options);
    const stages: FarStage[] = [];
    for (const [index, { condition }] of attack.stages.entries()) {
      options.signal?.throwIfAborted();
      const looking = sessions.ofStage(index);
      const far = await this.#programs.stage(
        index,
        looking.map(({ plan }) => plan),
      );
      stages.push({ far, observers: looking.map(observe), condition });
    }
    const plan = this.#planOf(stages, sessions, batch.sampleIds.length, verdictDraws);
    const onProgress = ({ done, total }: NearProgress) => report(total === 0 ? 0 : done / total);
    const { signal } = options;
    const how = { seed, verdictDraws, verdictRule, allowUnchanged: true, onProgress, ...(signal && { signal }) };
    const { images, outcomes } = await runFar(stages, nearBatchOf(batch), how);
    return { images, outcomes, plan };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs.close();
  }

  #planOf(stages: readonly FarStage[], { plans }: LookSessions, samples: number, verdictDraws: number): Plan {
    const programs: readonly FarProgram[] = stages.map(({ far }) => far.program);
    const costs = programs.map((program) => predictCost(program, samples, { verdictDraws }));
    const engines = [...plans.map(({ engine }) => engine), this.#engine.name];
    return {
      predictedForward: BigInt(costs.reduce((sum, { forward }) => sum + forward, 0)),
      predictedBackward: BigInt(costs.reduce((sum, { backward }) => sum + backward, 0)),
      gradientDraws: gradientDrawsOf(programs),
      notes: [...new Set(plans.flatMap(({ notes }) => notes))],
      engine: [...new Set(engines)].join(', '),
    };
  }
}

/** References are looked at where the encoders are. */
function nearBatchOf({ images, labels, sampleIds, targets }: AttackBatch): NearBatch {
  return { images, labels, sampleIds, ...(targets.length > 0 ? { targets } : {}) };
}
