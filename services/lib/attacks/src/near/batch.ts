import { Violations } from '@parallax/config';
import { inputName } from '@parallax/graph';
import type { Objective } from '@parallax/objectives';
import { batchSize, createTensor, elementCount, int64, type Tensor } from '@parallax/tensor';
import { offGrid } from '../pixel-grid.ts';
import type { NearProgram, Stage } from './program.ts';

/** The samples of one request. Entries of one index belong together. */
export interface NearBatch {
  /** [N,C,H,W] in [0,1], N ≥ 1. */
  readonly images: Tensor<'float32'>;
  /** Keys of the randomness, N distinct ones. */
  readonly sampleIds: readonly number[];
  /** True classes. */
  readonly labels?: readonly number[];
  /** Target classes, each other than its label. */
  readonly targets?: readonly number[];
  /** The image each sample is pushed toward, [N,C,H,W]. */
  readonly reference?: Tensor<'float32'>;
  /** Images to be told apart from, [M,C,H,W]. Default: the clean images. A sample's own clean image never counts. */
  readonly negatives?: Tensor<'float32'>;
}

/** What is fed for all samples, by name of the graph input. */
export interface SceneFeeds {
  /** Leading axis N. */
  readonly perSample: Readonly<Record<string, Tensor>>;
  /** The same for all samples. */
  readonly shared: Readonly<Record<string, Tensor>>;
}

/** @throws InputError naming everything that is missing or wrong. */
export function sceneFeeds(program: NearProgram, batch: NearBatch): SceneFeeds {
  const { evaluate, start, step, finish } = program;
  assertBatch(program, batch, inputsOf([evaluate, start, step, finish]));
  return feedsFor(program.objective, batch);
}

/** What there is to feed of a batch whose parts fit together. @throws InputError when a sample has no negative. */
export function feedsFor(objective: Objective, batch: Omit<NearBatch, 'sampleIds'>): SceneFeeds {
  const { images, reference } = batch;
  const perSample = { ...classFeeds(batch), ...(reference === undefined ? {} : { reference }) };
  if (!objective.needs.includes('negatives')) return { perSample, shared: {} };
  const negatives = batch.negatives ?? images;
  return {
    perSample: { ...perSample, negativeMask: negativeMask(reference ?? images, negatives) },
    shared: { negatives },
  };
}

/** The clean images and the classes of a batch, by name of the graph input. */
export function classFeeds({ images, labels, targets }: Omit<NearBatch, 'sampleIds'>): SceneFeeds['perSample'] {
  return {
    clean: images,
    ...(labels === undefined ? {} : { labels: int64([labels.length], labels) }),
    ...(targets === undefined ? {} : { targets: int64([targets.length], targets) }),
  };
}

/** Names of everything that stages take in. */
export function inputsOf(stages: readonly Stage[]): ReadonlySet<string> {
  return new Set(stages.flatMap(({ graph }) => graph.inputs.map(inputName)));
}

/** What a batch must fit. */
export type BatchTaker = Pick<NearProgram, 'attack' | 'dims' | 'selection' | 'classes' | 'choosesTargets'>;

/** @throws InputError naming everything that is missing of what is `wanted`, and everything that is wrong. */
export function assertBatch(program: BatchTaker, batch: NearBatch, wanted: ReadonlySet<string>): void {
  const { images, sampleIds } = batch;
  const violations = new Violations();
  const count = images.dims[0] ?? 0;
  const expected = `[N, ${program.dims.join(', ')}] with N ≥ 1`;
  const shaped = images.dims.length === 4 && program.dims.every((dim, axis) => images.dims[axis + 1] === dim);
  violations.expect(shaped && count > 0, 'images', expected, `[${images.dims.join(', ')}]`);
  violations.expect(
    images.data.every(isPixel),
    'images',
    'pixels in [0,1]',
    images.data.find((x) => !isPixel(x)),
  );
  if (program.attack.grid === 'uint8') {
    const between = offGrid(images.data);
    violations.expect(between === undefined, 'images', 'multiples of 1/255, as the pixel grid is uint8', between);
  }
  violations.expect(sampleIds.length === count, 'sampleIds', `${count} entries`, sampleIds.length);
  violations.expect(new Set(sampleIds).size === sampleIds.length, 'sampleIds', 'distinct entries', 'one twice');
  const judged = program.selection !== 'transfer';
  assertClasses(violations, program, 'labels', batch.labels, count, judged || wanted.has('labels'));
  if (program.choosesTargets) {
    const expected = `none, as ${program.attack.name} chooses its targets`;
    violations.expect(batch.targets === undefined, 'targets', expected, batch.targets?.length);
  } else {
    assertClasses(violations, program, 'targets', batch.targets, count, wanted.has('targets'));
  }
  assertImages(violations, 'reference', batch.reference, images, wanted.has('reference'));
  const same = batch.targets?.findIndex((target, index) => target === batch.labels?.[index]) ?? -1;
  violations.expect(same < 0, `targets[${same}]`, 'a class other than the label', batch.targets?.[same]);
  violations.throwIfAny();
}

function assertClasses(
  violations: Violations,
  { classes = Number.POSITIVE_INFINITY }: BatchTaker,
  field: string,
  given: readonly number[] | undefined,
  count: number,
  needed: boolean,
): void {
  if (given === undefined) {
    violations.expect(!needed, field, `${count} classes`, undefined);
    return;
  }
  violations.expect(given.length === count, field, `${count} entries`, given.length);
  const wrong = given.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  violations.expect(wrong < 0, `${field}[${wrong}]`, `a class from 0 to ${classes - 1}`, given[wrong]);
}

function assertImages(
  violations: Violations,
  field: string,
  given: Tensor<'float32'> | undefined,
  like: Tensor<'float32'>,
  needed: boolean,
): void {
  const expected = `[${like.dims.join(', ')}]`;
  if (given === undefined) violations.expect(!needed, field, `images ${expected}`, undefined);
  else violations.expect(given.dims.join() === like.dims.join(), field, expected, `[${given.dims.join(', ')}]`);
}

function isPixel(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** [N,M]: 0 where the negative is the sample's own image, byte for byte, else 1. */
function negativeMask(own: Tensor<'float32'>, negatives: Tensor<'float32'>): Tensor<'float32'> {
  const rows = batchSize(own);
  const columns = batchSize(negatives);
  const length = elementCount(own.dims.slice(1));
  const mask = new Float32Array(rows * columns).fill(1);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (sameRow(own.data, row, negatives.data, column, length)) mask[row * columns + column] = 0;
    }
  }
  const lonely = Array.from({ length: rows }, (_, row) => mask.subarray(row * columns, (row + 1) * columns)).findIndex(
    (entries) => entries.every((entry) => entry === 0),
  );
  const violations = new Violations();
  violations.expect(lonely < 0, 'negatives', `an image other than that of sample ${lonely}`, 'none');
  violations.throwIfAny();
  return createTensor('float32', [rows, columns], mask);
}

function sameRow(a: Float32Array, rowA: number, b: Float32Array, rowB: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[rowA * length + index] !== b[rowB * length + index]) return false;
  }
  return true;
}
