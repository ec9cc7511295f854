import { createObjective, type ObjectiveSpec, type TracedEncoder } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { int64, toNumbers } from '@parallax/tensor';
import { type Budget, createBall } from '../budget.ts';
import { compileNear, type NearExecutable } from '../near/compile.ts';
import { placeNear } from '../near/place.ts';
import type { PlaceOptions } from '../near/placement.ts';
import type { GivenOptions } from '../options.ts';
import { findAttack } from '../registry.ts';
import { toyConvolution, toyDims, toyImages } from './toy-encoder.ts';

export interface ToySetting extends Partial<PlaceOptions> {
  readonly attack: string;
  readonly options?: GivenOptions;
  readonly budget?: Budget;
  readonly encoder?: TracedEncoder;
  readonly objective?: ObjectiveSpec;
}

/** An attack on a toy encoder, ready to run. Selection `transfer` unless told otherwise. */
export async function placeToy(engine: Engine, setting: ToySetting): Promise<NearExecutable> {
  const {
    attack,
    options = {},
    budget = { norm: 'linf', epsilon: 8 / 255 },
    encoder = toyConvolution(10),
    objective = findAttack(setting.attack).objective,
    ...rest
  } = setting;
  const bound = findAttack(attack).bind(options, createBall(budget, toyDims));
  return compileNear(placeNear(bound, createObjective(objective), encoder, { selection: 'transfer', ...rest }), engine);
}

/** What the toy convolution says about the toy images. */
export async function toyPredictions(
  engine: Engine,
  sampleIds: readonly number[],
  classes = 10,
): Promise<readonly number[]> {
  const near = await placeToy(engine, { attack: 'fgsm', encoder: toyConvolution(classes) });
  const labels = int64([sampleIds.length], Array<number>(sampleIds.length).fill(0));
  const { prediction } = await near.evaluate.run({ images: toyImages(sampleIds), labels });
  await near.close();
  return prediction === undefined ? [] : toNumbers(prediction);
}
