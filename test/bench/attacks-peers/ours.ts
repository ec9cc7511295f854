import {
  compileNear,
  createBall,
  findAttack,
  isOverBudget,
  measure,
  type NearExecutable,
  type NearResult,
  norms,
  placeNear,
  runNear,
  type Selection,
} from '@parallax/attacks';
import { createObjective } from '@parallax/objectives';
import type { Engine } from '@parallax/runtime';
import { elementCount, gatherBatch } from '@parallax/tensor';
import { dims, type LabelledImages, readClassifier } from '../cifar.ts';
import { startStopwatch } from '../stopwatch.ts';
import type { Contest } from './contests.ts';
import type { Finding } from './peers.ts';
import type { Setting } from './setting.ts';

/** One of our attacks, ready to be run again and again. */
export interface OurAttack {
  readonly run: (seed: number) => Promise<Finding>;
  readonly close: () => Promise<void>;
}

/** @param images those that the model gets right. */
export async function compileOurs(
  engine: Engine,
  { attack: name, norm, epsilon, options }: Contest,
  selection: Selection,
  images: LabelledImages,
  setting: Setting,
  batchSize: number,
): Promise<OurAttack> {
  const attack = findAttack(name);
  const budget = { norm, epsilon: epsilon ?? norms[norm].diameter(dims) };
  const bound = attack.bind(options, createBall(budget, dims));
  const objective = createObjective(attack.objective);
  const program = placeNear(bound, objective, readClassifier(setting.model, setting), { selection });
  const near = await compileNear(program, engine);
  return { run: (seed) => runOnce(near, images, { seed, batchSize }), close: () => near.close() };
}

async function runOnce(
  near: NearExecutable,
  { images, labels }: LabelledImages,
  options: { readonly seed: number; readonly batchSize: number },
): Promise<Finding> {
  const batch = { images, labels, sampleIds: labels.map((_, index) => index) };
  const elapsed = startStopwatch();
  const result = await runNear(near, batch, options);
  const seconds = elapsed();
  const looks = result.outcomes.reduce((sum, { forward }) => sum + forward, 0) / labels.length;
  return { seconds, looks, ...judge(near, images.data, labels, result) };
}

/** As peers are judged: broken is what is judged wrong and lies inside ball and box, measured in float64. */
function judge(
  { program }: NearExecutable,
  clean: Float32Array,
  labels: readonly number[],
  { images, outcomes }: NearResult,
): Pick<Finding, 'distances' | 'refused'> {
  const { norm, epsilon } = program.attack.ball;
  const budget = { norm: norm.name, epsilon };
  const pixels = elementCount(dims);
  const sizes = labels.map((_, row) => {
    const [from, to] = [row * pixels, (row + 1) * pixels];
    return measure(clean.subarray(from, to), images.data.subarray(from, to));
  });
  const refused = sizes.map((size) => isOverBudget(size, budget));
  return {
    distances: sizes.map((size, row) => {
      const isBroken = refused[row] !== true && outcomes[row]?.prediction !== labels[row];
      return isBroken ? size[norm.name] : null;
    }),
    refused: refused.filter((each) => each).length,
  };
}

/** Those of the images that are named. */
export function chosen({ images, labels }: LabelledImages, rows: readonly number[]): LabelledImages {
  return { images: gatherBatch(images, rows), labels: rows.map((row) => labels[row] ?? 0) };
}
