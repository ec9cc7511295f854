import { add, createGraph, differentiate, freeInputs, input, mul, reshape, type Value } from '@parallax/graph';
import { createOnnxRuntimeEngine, type Engine } from '@parallax/runtime';
import { float32, int64, type Tensor, toNumbers, uniformBatch } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDraws, fillDraw, fillDraws } from './draws.ts';
import type { ObjectiveContext } from './objective.ts';
import { createObjective, type ObjectiveSpec } from './registry.ts';
import { assertExpressible } from './require.ts';
import * as oracle from './testing/oracle.ts';
import { alphaBar, imageDims, pixels, tinyEncoder } from './testing/tiny-encoder.ts';

let engine: Engine;

beforeAll(() => {
  engine = createOnnxRuntimeEngine({ workers: 1 });
});

afterAll(() => engine.close());

const sampleIds = [4, 9, 2];
const seed = 7;
const labels = [0, 1, 1];
const targets = [1, 0, 2];
const labelOf = (row: number, classes: number): number => (labels[row] ?? 0) % classes;
const targetOf = (row: number, classes: number): number => (targets[row] ?? 0) % classes;

/** What a sample's loss is worked out from. */
interface Sample {
  readonly row: number;
  readonly clean: oracle.Vector;
  readonly reference: oracle.Vector;
  /** Clean images of the other samples. */
  readonly others: readonly oracle.Vector[];
  /** Keys of their randomness. */
  readonly otherIds: readonly number[];
  readonly label: number;
  readonly target: number;
  readonly classes: number;
  /** The numbers drawn for this sample, or another id. */
  readonly drawn: (purpose: string, law: 'uniform' | 'normal', dims: readonly number[], id?: number) => oracle.Vector;
}

interface Case {
  readonly name: string;
  readonly spec: ObjectiveSpec;
  readonly classes?: number;
  readonly loss: (x: oracle.Vector, sample: Sample) => number;
}

function infoNce(
  x: oracle.Vector,
  partner: oracle.Vector,
  { others }: Sample,
  temperature: number,
  space = oracle.encode,
) {
  const [a, p, ...negatives] = [x, partner, ...others].map((each) => oracle.unit(space(each)));
  if (a === undefined || p === undefined) throw new Error('expected a pair');
  return (oracle.contrast(a, p, negatives, temperature) + oracle.contrast(p, a, negatives, temperature)) / 2;
}

function cosine(a: oracle.Vector, b: oracle.Vector): number {
  return oracle.dot(oracle.unit(a), oracle.unit(b));
}

function ratio(x: oracle.Vector, { label, classes }: Sample): number {
  const z = oracle.logits(x, classes);
  const sorted = oracle.falling(z);
  return (oracle.largestOther(z, label) - oracle.at(z, label)) / (oracle.at(sorted, 0) - oracle.at(sorted, 2));
}

const cases: readonly Case[] = [
  {
    name: 'crossEntropy away',
    spec: { kind: 'crossEntropy' },
    loss: (x, { label, classes }) => -oracle.at(oracle.logSoftmax(oracle.logits(x, classes)), label),
  },
  {
    name: 'crossEntropy toward',
    spec: { kind: 'crossEntropy', direction: 'toward' },
    loss: (x, { target, classes }) => oracle.at(oracle.logSoftmax(oracle.logits(x, classes)), target),
  },
  {
    name: 'margin away',
    spec: { kind: 'margin' },
    loss: (x, { label, classes }) => {
      const z = oracle.logits(x, classes);
      return oracle.largestOther(z, label) - oracle.at(z, label);
    },
  },
  {
    name: 'margin toward, two classes',
    spec: { kind: 'margin', direction: 'toward' },
    classes: 2,
    loss: (x, { target, classes }) => {
      const z = oracle.logits(x, classes);
      return oracle.at(z, target) - oracle.at(z, 1 - target);
    },
  },
  {
    name: 'logitDifference away',
    spec: { kind: 'logitDifference' },
    loss: (x, { label, classes }) => {
      const z = oracle.logits(x, classes);
      return oracle.largestOther(z, label) - oracle.at(z, label);
    },
  },
  {
    name: 'logitDifference toward',
    spec: { kind: 'logitDifference', direction: 'toward' },
    loss: (x, { label, target, classes }) => {
      const z = oracle.logits(x, classes);
      return oracle.at(z, target) - oracle.at(z, label);
    },
  },
  { name: 'dlr away', spec: { kind: 'dlr' }, loss: ratio },
  { name: 'dlr away, three classes', spec: { kind: 'dlr' }, classes: 3, loss: ratio },
  {
    name: 'dlr toward',
    spec: { kind: 'dlr', direction: 'toward' },
    loss: (x, { label, target, classes }) => {
      const z = oracle.logits(x, classes);
      const sorted = oracle.falling(z);
      const runnersUp = (oracle.at(sorted, 2) + oracle.at(sorted, 3)) / 2;
      return (oracle.at(z, target) - oracle.at(z, label)) / (oracle.at(sorted, 0) - runnersUp);
    },
  },
  {
    name: 'infoNce of two identical views',
    spec: { kind: 'infoNce' },
    loss: (x, sample) => infoNce(x, x, sample, 0.5),
  },
  {
    name: 'infoNce of a natural pair',
    spec: { kind: 'infoNce', positive: 'natural', temperature: 0.1 },
    loss: (x, sample) => infoNce(x, sample.clean, sample, 0.1),
  },
  {
    name: 'infoNce of projections',
    spec: { kind: 'infoNce', positive: 'natural', useProjector: true },
    loss: (x, sample) => infoNce(x, sample.clean, sample, 0.5, oracle.project),
  },
  {
    name: 'infoNce toward',
    spec: { kind: 'infoNce', direction: 'toward' },
    loss: (x, sample) => -infoNce(x, sample.reference, sample, 0.5),
  },
  {
    name: 'infoNce of augmented views',
    spec: { kind: 'infoNce', augment: true },
    loss: (x, sample) => {
      const view = (name: string, image: oracle.Vector, id?: number): oracle.Vector =>
        image.map((value) => value * (0.5 + oracle.at(sample.drawn(`${name}/light`, 'uniform', [1], id), 0)));
      const others = sample.others.map((image, index) => view('negatives', image, sample.otherIds[index]));
      const [first, second] = [view('view1', x), view('view2', x)];
      return infoNce(first, second, { ...sample, others }, 0.5);
    },
  },
  {
    name: 'alignment away',
    spec: { kind: 'alignment' },
    loss: (x, { clean }) => -cosine(oracle.encode(x), oracle.encode(clean)),
  },
  {
    name: 'alignment toward, projections',
    spec: { kind: 'alignment', direction: 'toward', useProjector: true },
    loss: (x, { reference }) => cosine(oracle.project(x), oracle.project(reference)),
  },
  {
    name: 'maeReconstruction away',
    spec: { kind: 'maeReconstruction' },
    loss: (x, { clean, drawn }) => oracle.reconstructionError(x, clean, drawn('mask', 'uniform', [1, 2, 2])),
  },
  {
    name: 'maeReconstruction toward, all pixels, another ratio',
    spec: { kind: 'maeReconstruction', direction: 'toward', allPixels: true, maskRatio: 0.7 },
    loss: (x, { reference, drawn }) =>
      -oracle.reconstructionError(x, reference, drawn('mask', 'uniform', [1, 2, 2]), { ratio: 0.7, allPixels: true }),
  },
  {
    name: 'ddpmNoise away',
    spec: { kind: 'ddpmNoise' },
    loss: (x, { drawn }) => {
      const noise = drawn('objective.noise', 'normal', imageDims);
      return oracle.noiseError(x, noise, 1, noise);
    },
  },
  {
    name: 'ddpmNoise toward, another timestep',
    spec: { kind: 'ddpmNoise', direction: 'toward', timestep: 2 },
    loss: (x, { reference, drawn }) => {
      const noise = drawn('objective.noise', 'normal', imageDims);
      const factor = 2 * Math.sqrt(alphaBar[2] / (1 - alphaBar[2]));
      const wanted = noise.map((value, pixel) => value + factor * (oracle.at(x, pixel) - oracle.at(reference, pixel)));
      return -oracle.noiseError(x, noise, 2, wanted);
    },
  },
  {
    name: 'featureMatching away',
    spec: { kind: 'featureMatching' },
    loss: (x, { clean }) => Math.hypot(...oracle.minus(oracle.encode(x), oracle.encode(clean))),
  },
  {
    name: 'featureMatching toward, relative',
    spec: { kind: 'featureMatching', direction: 'toward', relative: true },
    loss: (x, { reference }) => {
      const wanted = oracle.encode(reference);
      return -Math.hypot(...oracle.minus(oracle.encode(x), wanted)) / Math.hypot(...wanted);
    },
  },
];

function imagesFor(purpose: string): Tensor<'float32'> {
  return uniformBatch({ seed, purpose }, sampleIds, imageDims);
}

const batch = { images: imagesFor('images'), clean: imagesFor('clean'), reference: imagesFor('reference') };

function rowOf(tensor: Tensor, row: number): oracle.Vector {
  return toNumbers(tensor).slice(row * pixels, (row + 1) * pixels);
}

/** Loss and gradient of an objective for the rows named, straight from the graph. */
async function evaluate(spec: ObjectiveSpec, classes: number, rows: readonly number[]) {
  const own = createDraws();
  const others = createDraws('M');
  const image = ['N', ...imageDims];
  const images = input('images', image);
  const context: ObjectiveContext = {
    encoder: tinyEncoder(classes),
    clean: input('clean', image),
    labels: input('labels', ['N'], 'int64'),
    targets: input('targets', ['N'], 'int64'),
    reference: input('reference', image),
    negatives: { images: input('negatives', ['M', ...imageDims]), mask: input('mask', ['N', 'M']), draw: others.draw },
    augment: (x, draw) => mul(x, reshape(add(draw('light', 'uniform', [1]), 0.5), [-1, 1, 1, 1])),
    draw: own.draw,
  };
  const { loss, note } = createObjective(spec).loss(images, context);
  const [gradient] = differentiate(loss, [images]);
  const outputs = { loss, gradient: gradient as Value };
  const executable = await engine.compile(createGraph(freeInputs(Object.values(outputs)), outputs));
  const pick = (tensor: Tensor): Tensor =>
    float32(
      [rows.length, ...imageDims],
      rows.flatMap((row) => [...rowOf(tensor, row)]),
    );
  const offered: Readonly<Record<string, Tensor>> = {
    images: pick(batch.images),
    clean: pick(batch.clean),
    reference: pick(batch.reference),
    labels: int64(
      [rows.length],
      rows.map((row) => labelOf(row, classes)),
    ),
    targets: int64(
      [rows.length],
      rows.map((row) => targetOf(row, classes)),
    ),
    negatives: batch.clean,
    mask: float32(
      [rows.length, sampleIds.length],
      rows.flatMap((row) => sampleIds.map((_, at) => (at === row ? 0 : 1))),
    ),
    ...fillDraws(own.specs, { seed, sampleIds: rows.map((row) => sampleIds[row] ?? 0) }),
    ...fillDraws(others.specs, { seed, sampleIds: [0, 1, 2] }),
  };
  const feeds = Object.fromEntries(executable.inputs.map((name) => [name, offered[name] as Tensor]));
  const results = await executable.run(feeds);
  await executable.close();
  return { loss: toNumbers(results['loss'] as Tensor), gradient: toNumbers(results['gradient'] as Tensor), note };
}

function sampleOf(row: number, classes: number): Sample {
  const others = sampleIds.flatMap((_, other) => (other === row ? [] : [other]));
  return {
    row,
    clean: rowOf(batch.clean, row),
    reference: rowOf(batch.reference, row),
    others: others.map((other) => rowOf(batch.clean, other)),
    otherIds: others,
    label: labelOf(row, classes),
    target: targetOf(row, classes),
    classes,
    drawn: (purpose, law, dims, id = sampleIds[row] ?? 0) =>
      toNumbers(fillDraw({ name: purpose, purpose, law, dims }, { seed }, [id])),
  };
}

/** The derivative of a loss with respect to every pixel, by central differences in float64. */
function slopes(loss: (x: oracle.Vector) => number, x: oracle.Vector): oracle.Vector {
  const step = 1e-5;
  return x.map((_, pixel) => {
    const moved = (by: number): oracle.Vector => x.map((value, at) => (at === pixel ? value + by : value));
    return (loss(moved(step)) - loss(moved(-step))) / (2 * step);
  });
}

function classesOf({ classes = 5 }: Case): number {
  return classes;
}

describe.each(cases)('$name', (each) => {
  const classes = classesOf(each);

  test('agrees with float64, and so does its gradient', async () => {
    const { loss, gradient, note } = await evaluate(each.spec, classes, [0, 1, 2]);
    for (const row of [0, 1, 2]) {
      const sample = sampleOf(row, classes);
      const x = rowOf(batch.images, row);
      expect(loss[row]).toBeCloseTo(each.loss(x, sample), 4);
      const wanted = slopes((moved) => each.loss(moved, sample), x);
      wanted.forEach((slope, pixel) => {
        expect(gradient[row * pixels + pixel]).toBeCloseTo(slope, 3);
      });
    }
    expect(note).toBeUndefined();
  });

  test('is the same for a sample among others', async () => {
    const together = await evaluate(each.spec, classes, [0, 1, 2]);
    const apart = await evaluate(each.spec, classes, [2, 0]);
    const gradientOf = (from: typeof apart, row: number): oracle.Vector =>
      from.gradient.slice(row * pixels, (row + 1) * pixels);
    expect([apart.loss[0], apart.loss[1]]).toEqual([together.loss[2], together.loss[0]]);
    expect([gradientOf(apart, 0), gradientOf(apart, 1)]).toEqual([gradientOf(together, 2), gradientOf(together, 0)]);
  });
});

test.each([
  { direction: 'away', classes: 2, needed: 3 },
  { direction: 'toward', classes: 3, needed: 4 },
] as const)('dlr $direction of $classes classes is the margin and says so', async ({ direction, classes, needed }) => {
  const dlr = await evaluate({ kind: 'dlr', direction }, classes, [0, 1]);
  const margin = await evaluate({ kind: 'margin', direction }, classes, [0, 1]);
  expect(dlr.loss).toEqual(margin.loss);
  expect(dlr.note).toBe(`dlr needs ${needed} classes and the head has ${classes}: margin was used`);
});

test('losses of images compared with themselves have a gradient of zero, not NaN', async () => {
  const x = input('x', ['N', ...imageDims]);
  for (const spec of [{ kind: 'featureMatching' }, { kind: 'alignment' }] as const) {
    const context: ObjectiveContext = {
      encoder: tinyEncoder(2),
      clean: input('clean', x.shape),
      draw: createDraws().draw,
    };
    const { loss } = createObjective(spec).loss(x, context);
    const [gradient] = differentiate(loss, [x]);
    const executable = await engine.compile(createGraph([x, context.clean], { gradient: gradient as Value }));
    const { gradient: found } = await executable.run({ x: batch.clean, clean: batch.clean });
    expect(Math.max(...toNumbers(found as Tensor).map(Math.abs))).toBeLessThan(1e-6);
    await executable.close();
  }
});

describe('what an encoder cannot express', () => {
  const { classify: _, project, reconstruct, denoise, ...bare } = tinyEncoder(2);
  const image = input('x', ['N', ...imageDims]);
  const context: ObjectiveContext = { encoder: bare, clean: image, draw: createDraws().draw };

  test.each([
    [{ kind: 'crossEntropy' }, 'classify', 'name a head'],
    [{ kind: 'alignment', useProjector: true }, 'project', 'useProjector: false'],
    [{ kind: 'maeReconstruction' }, 'reconstruct', 'featureMatching'],
    [{ kind: 'ddpmNoise' }, 'denoise', 'featureMatching'],
  ] as const)('%j is refused naming the part', (spec, part, alternative) => {
    const objective = createObjective(spec as ObjectiveSpec);
    const refusal = expect.objectContaining({
      reason: 'PART_MISSING',
      facts: { part, alternative: expect.stringContaining(alternative) },
    });
    expect(() => assertExpressible(objective, bare)).toThrow(refusal);
    expect(() => objective.loss(image, context)).toThrow(refusal);
  });

  test('diffusion without a schedule is refused', () => {
    const { diffusion: _schedule, ...rest } = tinyEncoder(2);
    const objective = createObjective({ kind: 'ddpmNoise' });
    expect(() => objective.loss(image, { ...context, encoder: rest })).toThrow('no noise schedule');
  });

  test.each([
    [{ kind: 'crossEntropy' }, 'labels: expected the true class of every image, got nothing'],
    [{ kind: 'dlr', direction: 'toward' }, 'labels: expected'],
    [{ kind: 'margin', direction: 'toward' }, 'targets: expected a target class'],
    [{ kind: 'alignment', direction: 'toward' }, 'reference: expected a reference image'],
    [{ kind: 'infoNce' }, 'negatives: expected images to be told apart from'],
    [{ kind: 'infoNce', augment: true }, 'augment: expected the differentiable augmentation'],
  ] as const)('%j without what it needs is refused', (spec, message) => {
    const objective = createObjective(spec as ObjectiveSpec);
    expect(() => objective.loss(image, { ...context, encoder: tinyEncoder(5) })).toThrow(message);
  });

  test.each([
    [{ kind: 'infoNce', temperature: 0 }, 'temperature: expected a number > 0, got 0'],
    [{ kind: 'infoNce', direction: 'toward', positive: 'twoViews' }, 'positive: expected natural'],
    [{ kind: 'maeReconstruction', maskRatio: 1 }, 'maskRatio: expected a fraction in (0,1), got 1'],
  ] as const)('%j is refused', (spec, message) => {
    expect(() => createObjective(spec as ObjectiveSpec)).toThrow(message);
  });

  test('a timestep beyond the schedule is refused', () => {
    const objective = createObjective({ kind: 'ddpmNoise', timestep: 4 });
    expect(() => objective.loss(image, { ...context, encoder: tinyEncoder(2) })).toThrow(
      'timestep: expected an integer from 0 to 3, got 4',
    );
  });

  test('a head of one class is refused', () => {
    const objective = createObjective({ kind: 'margin' });
    expect(() => objective.loss(image, { ...context, encoder: tinyEncoder(1) })).toThrow('at least 2 classes, got 1');
  });
});
