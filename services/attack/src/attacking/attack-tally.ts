import {
  type Diagnostic,
  diagnose,
  diagnoseStages,
  type SampleOutcome,
  type SampleRecord,
  summarize,
} from '@parallax/attacks';
import { PreconditionError } from '@parallax/config';
import type { ParsedAttack } from '@parallax/messages';
import { type Proportion, proportion } from '@parallax/statistics';
import type { AttackedBatch } from './attack-batch.ts';
import type { Diagnosis } from './diagnose-run.ts';

/** The result of attacking a set of samples, as plain JSON. */
export interface Summary {
  readonly samples: number;
  readonly cleanCorrect: Proportion;
  readonly robust: Proportion;
  readonly robustUint8: Proportion;
  readonly adversarialCorrect: Proportion;
  readonly budgetViolations: number;
  readonly success: ReturnType<typeof summarize>['success'];
  readonly diagnostics: readonly Diagnostic[];
  /** Passes made, and predicted before the start, in images. */
  readonly forward: number;
  readonly backward: number;
  readonly predictedForward: number;
  readonly predictedBackward: number;
  readonly attackSeconds: number;
  readonly verifySeconds: number;
  readonly largestNorm: number;
  /** What the attacks have cost that this one was compared with; absent where it was not. */
  readonly diagnosis?: Diagnosis['cost'];
  /** Each of several encoders by itself, in the order of the sources; absent of a single one. */
  readonly sources?: readonly { readonly cleanCorrect: Proportion; readonly adversarialCorrect: Proportion }[];
}

/** What {@link AttackTally} needs of a batch. */
type Part = Omit<AttackedBatch, 'stored'>;

/** Adds batches up. */
export class AttackTally {
  private readonly parts: Part[] = [];

  constructor(private readonly attack: ParsedAttack) {}

  /** The images are not kept. */
  add({ records, outcomes, plan, attackSeconds, verifySeconds }: AttackedBatch): void {
    this.parts.push({ records, outcomes, plan, attackSeconds, verifySeconds });
  }

  get records(): readonly SampleRecord[] {
    return this.parts.flatMap(({ records }) => records);
  }

  /** What was done otherwise than the attack's name promises. */
  get notes(): readonly string[] {
    return [...new Set(this.parts.flatMap(({ plan }) => plan.notes))];
  }

  /** What the attack ran on: runtime, version and device. */
  get engine(): string {
    return [...new Set(this.parts.map(({ plan }) => plan.engine))].join(', ');
  }

  /** Gradients averaged in a step. */
  get gradientDraws(): number {
    return this.parts[0]?.plan.gradientDraws ?? 1;
  }

  private get stages() {
    return this.attack.stages.map(({ attack: { name, needs } }) => ({
      name,
      takesGradients: needs.includes('gradient'),
    }));
  }

  /** @throws PreconditionError when the attack has left every image that it attacked as it was, or took no gradient. */
  summarize(): Summary {
    const { records } = this;
    const outcomes = this.parts.flatMap((part) => part.outcomes);
    assertEffect(this.attack, records, outcomes);
    const { heads, ...counts } = summarize(records, this.attack.budget.norm);
    const { samples } = counts;
    const total = (of: (part: Part) => number) => this.parts.reduce((sum, part) => sum + of(part), 0);
    const predictedBackward = total(({ plan }) => Number(plan.predictedBackward));
    return {
      ...counts,
      cleanCorrect: proportion(counts.cleanCorrect, samples),
      robust: proportion(counts.robust, samples),
      robustUint8: proportion(counts.robustUint8, samples),
      adversarialCorrect: proportion(counts.adversarialCorrect, samples),
      diagnostics: [...diagnose(outcomes, this.gradientDraws), ...diagnoseStages(records, this.stages)],
      predictedForward: total(({ plan }) => Number(plan.predictedForward)),
      predictedBackward,
      attackSeconds: total(({ attackSeconds }) => attackSeconds),
      verifySeconds: total(({ verifySeconds }) => verifySeconds),
      ...(heads && {
        sources: heads.map(({ cleanCorrect, adversarialCorrect }) => ({
          cleanCorrect: proportion(cleanCorrect, samples),
          adversarialCorrect: proportion(adversarialCorrect, samples),
        })),
      }),
    };
  }
}

/** A silent no-op is an error and not a result. */
function assertEffect(
  { name, stages }: ParsedAttack,
  records: readonly SampleRecord[],
  outcomes: readonly SampleOutcome[],
): void {
  const attacked = outcomes.flatMap((outcome, index) => (outcome.attacked ? [index] : []));
  if (attacked.length === 0) return;
  const reason = 'ATTACK_WITHOUT_EFFECT';
  if (attacked.every((index) => records[index]?.l0 === 0)) {
    const advice = 'start at random, or use another objective';
    throw new PreconditionError(`${name}: every image came back as it was; ${advice}`, { reason });
  }
  const needsGradient = stages.some(({ attack }) => attack.needs.includes('gradient'));
  if (needsGradient && attacked.every((index) => outcomes[index]?.backward === 0)) {
    throw new PreconditionError(`${name}: no gradient was taken`, { reason });
  }
}
