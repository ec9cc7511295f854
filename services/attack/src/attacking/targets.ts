import { takesTargets } from '@parallax/attacks';
import { InputError, Violations } from '@parallax/config';
import type { Dataset } from '@parallax/datasets';
import { askClasses } from '@parallax/messages';
import { type AttackRunSpec, TargetRule } from '@parallax/proto/parallax/attack/v1/attack_run';
import type { CallOptions } from '@parallax/rpc';
import { decodeTensor, toNumbers, uniformBatch } from '@parallax/tensor';
import type { AttackBatch, AttackTask } from './attack-batch.ts';
import { blaming } from './blame-source.ts';

/** Which class each sample of a run is pushed toward: `none` where no stage asks for one. */
export interface Targets {
  readonly rule: 'none' | 'listed' | 'leastLikely' | 'random';
  /** Of rule `listed`: one a sample, in the order of the dataset. */
  readonly listed: readonly number[];
}

const rules: { readonly [R in TargetRule]?: Targets['rule'] } = {
  [TargetRule.LISTED]: 'listed',
  [TargetRule.LEAST_LIKELY]: 'leastLikely',
  [TargetRule.RANDOM]: 'random',
};

/**
 * Reads the targets of a run.
 * @throws InputError when the attack needs some and none are given, or takes none, or one of a list is no class but the label.
 */
export function parseTargets(
  { targetRule, targets: listed }: Pick<AttackRunSpec, 'targetRule' | 'targets'>,
  { attack, sources }: Pick<AttackTask, 'attack' | 'sources'>,
  { dataset, classes }: { readonly dataset: Dataset; readonly classes: number },
): Targets {
  const rule = rules[targetRule] ?? (listed.length > 0 ? 'listed' : 'none');
  const isNeeded = takesTargets(
    sources.flatMap(({ objectives }) =>
      attack.stages.map(({ bound, attack: { objective } }, stage) => ({
        bound,
        objective: objectives[stage]?.spec ?? objective,
      })),
    ),
  );
  if (isNeeded !== (rule !== 'none')) {
    const expected = isNeeded
      ? 'LISTED, LEAST_LIKELY or RANDOM, as the objective goes TOWARD a class'
      : 'none, as no objective goes TOWARD a class of the caller';
    throw new InputError([{ field: 'target_rule', expected, got: rule }]);
  }
  if (rule === 'listed') assertListed(listed, dataset, classes);
  else if (listed.length > 0) {
    throw new InputError([
      { field: 'targets', expected: `none, as they are chosen (${rule})`, got: `${listed.length}` },
    ]);
  }
  return { rule, listed };
}

function assertListed(listed: readonly number[], { length, name, labels }: Dataset, classes: number): void {
  const violations = new Violations();
  violations.expect(listed.length === length, 'targets', `${length} entries, one an image of ${name}`, listed.length);
  const outside = listed.findIndex((target) => target < 0 || target >= classes);
  violations.expect(outside < 0, `targets[${outside}]`, `a class in [0, ${classes})`, listed[outside]);
  const same = listed.findIndex((target, row) => target === labels[row]);
  violations.expect(same < 0, `targets[${same}]`, 'a class other than the label', listed[same]);
  violations.throwIfAny();
}

/** What targets are chosen for. */
export interface TargetedRun extends AttackTask {
  readonly targets: Targets;
  /** That all heads which judge tell apart. */
  readonly classes: number;
}

/** The targets of some samples of a run, which are at `rows` of its dataset; none where it has none. */
export async function targetsOf(
  run: TargetedRun,
  rows: readonly number[],
  samples: Pick<AttackBatch, 'images' | 'labels' | 'sampleIds'>,
  options: CallOptions,
): Promise<readonly number[]> {
  const { rule, listed } = run.targets;
  switch (rule) {
    case 'none':
      return [];
    case 'listed':
      return rows.map((row) => listed[row] ?? -1);
    case 'random':
      return randomTargets(run, samples);
    case 'leastLikely':
      return leastLikely(run, samples, options);
  }
}

function randomTargets(
  { seed, classes }: Pick<TargetedRun, 'seed' | 'classes'>,
  { labels, sampleIds }: Pick<AttackBatch, 'labels' | 'sampleIds'>,
): readonly number[] {
  const { data } = uniformBatch({ seed, purpose: 'attack.targets' }, sampleIds, [1]);
  return labels.map((label, row) => {
    const other = Math.floor((data[row] ?? 0) * (classes - 1));
    return other < label ? other : other + 1;
  });
}

/** By what the head of the first source says. */
async function leastLikely(
  { sources, seed, classes }: TargetedRun,
  { images, labels, sampleIds }: Pick<AttackBatch, 'images' | 'labels' | 'sampleIds'>,
  options: CallOptions,
): Promise<readonly number[]> {
  const [source] = sources;
  if (source === undefined) throw new RangeError('sources: expected at least one, got none');
  const judge = { source, draws: 1 };
  const { logits } = await blaming(source, () =>
    askClasses(judge, { images, sampleIds }, { seed, allDraws: false }, options),
  );
  const numbers = logits === undefined ? [] : toNumbers(decodeTensor(logits));
  const columns = logits?.shape[1] ?? classes;
  return labels.map((label, row) => {
    const own = numbers.slice(row * columns, row * columns + classes);
    const others = own.flatMap((logit, each) => (each === label ? [] : [{ logit, each }]));
    return others.reduce((least, next) => (next.logit < least.logit ? next : least)).each;
  });
}
