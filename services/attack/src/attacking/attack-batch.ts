import { type Predict, type SampleOutcome, type SampleRecord, verify } from '@parallax/attacks';
import { type ParsedAttack, predictClasses } from '@parallax/messages';
import type { AttackSpec } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { PerturbResponse_Plan as Plan } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { CallOptions } from '@parallax/rpc';
import type { Tensor, WireTensor } from '@parallax/tensor';
import type { Attacker } from './attacker.ts';
import { blaming } from './blame-source.ts';
import type { Source } from './source.ts';

/** Everything about an attack but the images. */
export interface AttackTask {
  /** At least one. */
  readonly sources: readonly Source[];
  /** Next to the weights, or from here. */
  readonly placement: 'near' | 'far';
  readonly spec: AttackSpec;
  readonly attack: ParsedAttack;
  readonly seed: bigint;
}

/** Images to attack. Entries of one index belong together, but for the references of InfoNCE. */
export interface AttackBatch {
  /** [N,C,H,W] in [0,1]. */
  readonly images: Tensor<'float32'>;
  readonly labels: readonly number[];
  readonly sampleIds: readonly number[];
  readonly targets: readonly number[];
  readonly references: WireTensor | undefined;
}

/** What came out, verified. */
export interface AttackedBatch {
  /** [N,C,H,W]: the images to be kept. */
  readonly stored: Tensor<'float32'>;
  readonly records: readonly SampleRecord[];
  readonly outcomes: readonly SampleOutcome[];
  readonly plan: Plan;
  readonly attackSeconds: number;
  readonly verifySeconds: number;
}

/** Attacks a batch, and verifies what comes back. `report` hears the share done, in [0,1]. */
export async function attackBatch(
  task: AttackTask,
  attacker: Attacker,
  batch: AttackBatch,
  options: CallOptions,
  report: (share: number) => void,
): Promise<AttackedBatch> {
  const started = performance.now();
  const { images: stored, outcomes, plan } = await attacker.attack(batch, options, report);
  const perturbed = performance.now();
  const records = await verifyBatch(task, batch, { stored, outcomes }, options);
  const verified = performance.now();
  const attackSeconds = (perturbed - started) / 1000;
  return { stored, records, outcomes, plan, attackSeconds, verifySeconds: (verified - perturbed) / 1000 };
}

async function verifyBatch(
  { sources, attack, seed }: AttackTask,
  { images, labels, targets }: AttackBatch,
  { stored, outcomes }: Pick<AttackedBatch, 'stored' | 'outcomes'>,
  options: CallOptions,
): Promise<readonly SampleRecord[]> {
  const draws = attack.verdictDraws ?? 0;
  const [predict, ...others] = sources.map(
    (source): Predict =>
      (some, ids, how) =>
        blaming(source, () => predictClasses({ source, draws }, { images: some, sampleIds: ids }, how, options)),
  );
  if (predict === undefined) throw new RangeError('sources: expected at least one, got none');
  return verify({
    attack: attack.name,
    budget: attack.budget,
    verdictRule: attack.verdictRule,
    seed,
    clean: images,
    stored,
    labels,
    ...(targets.length > 0 ? { targets } : {}),
    outcomes,
    predict,
    others,
  });
}
