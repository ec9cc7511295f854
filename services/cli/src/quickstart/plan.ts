import { createHash } from 'node:crypto';
import { InputError } from '@parallax/config';
import { AttackSpec, Selection } from '@parallax/proto/parallax/attack/v1/attack_spec';
import { OptionValue } from '@parallax/proto/parallax/common/v1/option';
import { RecipeSize } from '@parallax/proto/parallax/encoder/v1/training_run';
import { Plan, PlannedAttack, PlannedEncoder, PlannedTraining } from '@parallax/proto/parallax/experiment/v1/plan';
import { settingsByName } from '../options/fields.ts';
import { normMessage } from '../options/norms.ts';
import { type ParadigmName, paradigmMessage, paradigmNames } from '../options/paradigms.ts';
import type { QuickstartOptions } from './options.ts';

/**
 * Steps of each attack unless told otherwise: as many as 200 images from four encoders can have in about a minute on two
 * cores. More steps hardly lower an accuracy that is near 0 already; where it is not, `--set pgd.steps=100` says so.
 */
const quickSteps: Readonly<Record<string, number>> = { pgd: 10, 'apgd-ce': 10 };

/** The plan of the quickstart: an encoder of each paradigm, each attack from each of them, everybody asked about all. */
export function quickstartPlan(options: QuickstartOptions, source: string): Plan {
  const { samples, trainSamples, testSamples, attacks, seed, batch } = options;
  const plan = Plan.create({
    title: `Quickstart on ${source}`,
    trainDataset: { name: datasetName(`${source}:train`, trainSamples) },
    testDataset: { name: datasetName(`${source}:test`, testSamples) },
    probe: {},
    attackSamples: samples,
    batchSize: batch ?? 0,
    seed,
  });
  return {
    ...plan,
    encoders: paradigmNames.map((paradigm) => plannedEncoder(paradigm, options, source)),
    attacks: attacks.map((name) => plannedAttack(name, options)),
  };
}

function datasetName(split: string, samples: number | undefined): string {
  return samples === undefined ? split : `${split}:0-${samples}`;
}

function plannedEncoder(paradigm: ParadigmName, options: QuickstartOptions, source: string): PlannedEncoder {
  const value = PlannedTraining.create({
    paradigm: paradigmMessage(paradigm),
    size: RecipeSize.TINY,
    overrides: settingsByName(options.recipe),
  });
  return PlannedEncoder.create({ name: encoderName(paradigm, options, source), source: { $case: 'training', value } });
}

/** Names an encoder after what it is trained by: a name stands for one encoder, so other settings need another name. */
function encoderName(
  paradigm: ParadigmName,
  { seed, recipe, trainSamples }: QuickstartOptions,
  source: string,
): string {
  const name = `${paradigm}-tiny-${source}`;
  const settings = recipe.map(({ name: key, value }) => [key, value.value?.value]);
  if (seed === 0n && trainSamples === undefined && settings.length === 0) return name;
  const text = JSON.stringify([String(seed), trainSamples ?? 0, settings]);
  return `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function plannedAttack(name: string, { eps, set, attacks }: QuickstartOptions): PlannedAttack {
  const stray = set.find((setting) => !attacks.some((attack) => setting.name.startsWith(`${attack}.`)));
  if (stray !== undefined) {
    const expected = `ATTACK.OPTION=VALUE of one of the attacks ${attacks.join(', ')}`;
    throw new InputError([{ field: '--set', expected, got: stray.name }]);
  }
  const own = set.filter((setting) => setting.name.startsWith(`${name}.`));
  const given = settingsByName(own.map((setting) => ({ ...setting, name: setting.name.slice(name.length + 1) })));
  const options = { ...defaultOptions(name), ...given };
  const budget = { norm: normMessage('linf'), epsilon: eps };
  // One draw a gradient: the stochastic encoder among the four asks for an explicit number.
  const attack = AttackSpec.create({ name, budget, options, selection: Selection.TRANSFER, gradientDraws: 1 });
  return PlannedAttack.create({ name, attack });
}

function defaultOptions(attack: string): { readonly [name: string]: OptionValue } {
  const steps = quickSteps[attack];
  return steps === undefined ? {} : { steps: OptionValue.create({ value: { $case: 'number', value: steps } }) };
}
