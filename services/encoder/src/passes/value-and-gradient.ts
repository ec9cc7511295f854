import { drawsFor, feedsFor, type LookProgram, type LookPurpose, placeLook } from '@parallax/attacks';
import { within } from '@parallax/config';
import { fillDraws } from '@parallax/objectives';
import { simclr } from '@parallax/paradigms';
import type { Feeds, Results } from '@parallax/runtime';
import { batchSize, gatherBatch, type Tensor } from '@parallax/tensor';
import type { OpenedScene } from '../requests/open-scene.ts';
import type { Companions } from '../requests/parse-companions.ts';
import { inParts, outputOf } from './in-parts.ts';
import { nameBlocker } from './name-blocker.ts';
import { meanOverDraws } from './over-draws.ts';
import { type CompiledPass, drawFeeds, type Randomness, type TracedPass, type Workbench } from './workbench.ts';

/** A batch to differentiate. */
export interface GradientTask {
  readonly scene: OpenedScene;
  /** Where to look, [N,C,H,W]. */
  readonly images: Tensor<'float32'>;
  /** What to compare with, [N,C,H,W]. */
  readonly clean: Tensor<'float32'>;
  readonly companions: Companions;
  readonly randomness: Randomness & { readonly restart: number; readonly step: number };
  readonly purpose: LookPurpose;
  /** Index of the first of the draws. */
  readonly firstDraw: number;
  /** Looks averaged. */
  readonly draws: number;
  readonly withGradient: boolean;
  readonly withLogits: boolean;
}

/** `loss` [N], larger is better for the attacker; `gradient` [N,C,H,W] and `logits` [N,K] if wanted. */
export function valueAndGradient(bench: Workbench, task: GradientTask, signal: AbortSignal): Promise<Results> {
  const { scene, withGradient, withLogits, randomness } = task;
  return bench.usePass(
    `look/${withGradient}/${withLogits}/${scene.key}`,
    () => lookPass(task),
    (pass) => {
      const feedsOf = batchFeeds(pass, task);
      // Without randomness all looks are the same.
      const draws = pass.draws.length === 0 ? 1 : task.draws;
      return inParts(randomness.sampleIds.length, bench.engine.parallelism, signal, async (rows) => {
        const looks: Results[] = [];
        for (let draw = 0; draw < draws; draw++) {
          looks.push(await pass.executable.run(feedsOf(rows, task.firstDraw + draw), { signal }));
        }
        return meanOf(bench, looks);
      });
    },
  );
}

function lookPass({ scene, ...wanted }: GradientTask): TracedPass {
  return placeSceneLook(scene, wanted).stage;
}

/** Fuses the objective of a scene with its encoder. @throws as `placeLook`. */
export function placeSceneLook(
  scene: OpenedScene,
  { withGradient, withLogits }: Pick<GradientTask, 'withGradient' | 'withLogits'>,
): LookProgram {
  const { objective, attacked, judge, encoder } = scene;
  const options = { gradient: withGradient, augment: simclr, ...(withLogits && judge !== undefined ? { judge } : {}) };
  // What is still found wrong here is a setting of the objective that this encoder cannot follow.
  const look = () => within('objective', () => placeLook(objective, attacked, encoder.manifest.inputShape, options));
  return nameBlocker(encoder, look);
}

/** The feeds of some rows and a draw. Negatives keep their draws over all restarts and steps. */
function batchFeeds(pass: CompiledPass, task: GradientTask): (rows: readonly number[], draw: number) => Feeds {
  const { scene, images, clean, companions, randomness } = task;
  const draws = drawsFor(task.purpose, pass.draws);
  const { perSample, shared } = feedsFor(scene.objective, { images: clean, ...companions });
  const { seed } = randomness;
  const negativeIds = shared['negatives'] === undefined ? [] : [...Array(batchSize(shared['negatives'])).keys()];
  const negativeDraws = fillDraws(pass.negativeDraws, { seed, sampleIds: negativeIds });
  const isTaken = ([name]: readonly [string, unknown]) => pass.executable.inputs.includes(name);
  return (rows, draw) => {
    const own = Object.entries({ images, ...perSample }).filter(isTaken);
    return {
      ...Object.fromEntries(own.map(([name, tensor]) => [name, gatherBatch(tensor, rows)])),
      ...Object.fromEntries(Object.entries(shared).filter(isTaken)),
      ...drawFeeds(draws, randomness, rows, draw),
      ...negativeDraws,
    };
  };
}

async function meanOf(bench: Workbench, looks: readonly Results[]): Promise<Results> {
  const [first = {}] = looks;
  const means = Object.keys(first).map(async (name) => {
    const mean = await meanOverDraws(
      bench,
      looks.map((each) => outputOf(each, name)),
    );
    return [name, mean] as const;
  });
  return Object.fromEntries(await Promise.all(means));
}
