import { InputError, parseAll } from '@parallax/config';
import { type Dataset, openDataset } from '@parallax/datasets';
import { notImplemented } from '@parallax/messages';
import { createObjective } from '@parallax/objectives';
import type { AttackRunSpec } from '@parallax/proto/parallax/attack/v1/attack_run';
import type { CallOptions } from '@parallax/rpc';
import type { AttackTask } from './attack-batch.ts';
import type { AttackGround } from './attack-dataset.ts';
import { countClasses } from './count-classes.ts';
import { prepareAttack } from './prepare-attack.ts';
import { imageShape } from './source.ts';
import { parseTargets, type TargetedRun } from './targets.ts';

/** What a specification stands for. */
export interface PreparedRun extends TargetedRun {
  readonly dataset: Dataset;
  /** Images of one call. */
  readonly batchSize: number;
}

const createRun = 'parallax.attack.v1.AttackService/CreateAttackRun';

/** Images of one call unless the specification says otherwise. */
const standardBatchSize = 128;
const mostBatchSize = 4096;

/** Images of one call, together, in bytes: a message has room for as many references besides. */
const mostBatchBytes = 16 * 2 ** 20;

/**
 * Finds everything a specification names, and checks that it fits together.
 * @throws as `prepareAttack` and `openDataset`; RpcError when an encoder service does not answer, or has no such head.
 */
export async function prepareRun(
  spec: AttackRunSpec,
  ground: AttackGround,
  options: CallOptions,
): Promise<PreparedRun> {
  if (spec.observed.length > 0) throw notImplemented(createRun, 'observed');
  const { dataset: name, batchSize } = parseAll({
    dataset: () => parseDatasetName(spec),
    batchSize: () => parseBatchSize(spec.batchSize),
  });
  const task = await prepareAttack(spec, { encoders: ground.encoders, engine: ground.engine, options });
  assertNoReferences(task);
  const dataset = await openDataset(name, ground.datasets);
  const classes = await classesFor(dataset, task, options);
  const targets = parseTargets(spec, task, { dataset, classes });
  const imageBytes = dataset.images([0]).data.byteLength;
  return {
    ...task,
    dataset,
    classes,
    targets,
    batchSize: Math.min(batchSize, Math.max(1, Math.floor(mostBatchBytes / imageBytes))),
  };
}

function parseDatasetName({ dataset }: AttackRunSpec): string {
  if (dataset !== undefined && dataset.name !== '') return dataset.name;
  const expected = 'the name of a dataset, such as cifar10:test:0-200';
  throw new InputError([{ field: 'dataset', expected, got: 'nothing' }]);
}

function parseBatchSize(given: number): number {
  if (given >= 0 && given <= mostBatchSize) return given || standardBatchSize;
  throw new InputError([{ field: 'batch_size', expected: `an integer in [0, ${mostBatchSize}]`, got: String(given) }]);
}

/** A dataset has no images that others could be pushed toward. */
function assertNoReferences({ sources }: AttackTask): void {
  for (const { index, objectives } of sources) {
    if (!objectives.some(({ spec }) => createObjective(spec).needs.includes('reference'))) continue;
    const expected = 'AWAY, as a run over a dataset has no references';
    throw new InputError([{ field: `sources[${index}].objective.direction`, expected, got: 'TOWARD' }]);
  }
}

/** The classes that all heads know. The encoders take images of this shape, and their heads have a class for every label. */
async function classesFor(dataset: Dataset, task: AttackTask, options: CallOptions): Promise<number> {
  const { sources } = task;
  const wanted = sources[0] === undefined ? '' : imageShape(sources[0]).join('×');
  if (dataset.shape.join('×') !== wanted) {
    const got = `${dataset.shape.join('×')} in ${dataset.name}`;
    throw new InputError([{ field: 'dataset', expected: `images of ${wanted}`, got }]);
  }
  const classes = await countClasses(task, dataset.images([0]), options);
  const label = dataset.labels.find((each) => each >= classes);
  if (label === undefined) return classes;
  const expected = `labels in [0, ${classes}), the classes of the head`;
  throw new InputError([{ field: 'dataset', expected, got: `label ${label} in ${dataset.name}` }]);
}
