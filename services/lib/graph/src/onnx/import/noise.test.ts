import { describe, expect, it } from 'vitest';
import { inputName } from '../../graph.ts';
import { topologicalOrder } from '../../order.ts';
import { importModel } from './import-model.ts';
import { node, type Synthetic, synthetic } from './synthetic.ts';

/** y = x + noise, and more noise that nothing uses. */
const drawn = (op: string, attributes = {}): Synthetic => ({
  opset: 15,
  nodes: [node(op, ['x'], 'unused'), node(op, ['x'], 'noise', attributes), node('Add', ['x', 'noise'], 'y')],
});

describe('noise that a model draws for each sample', () => {
  it.each([
    ['RandomNormalLike', { mean: 0.5, scale: 2.5 }, 'normal', ['Mul', 'Add', 'Add']],
    ['RandomNormalLike', {}, 'normal', ['Add']],
    ['RandomUniformLike', { low: -0.5, high: 0.5 }, 'uniform', ['Add', 'Add']],
    ['RandomUniformLike', { high: 0.5 }, 'uniform', ['Mul', 'Add']],
    ['Bernoulli', {}, 'uniform', ['Less', 'Cast', 'Add']],
  ] as const)('%s %j is an input of the graph', (op, attributes, law, ops) => {
    const { graph, noise } = importModel(synthetic(drawn(op, attributes)), { noise: true });
    expect(graph.inputs.map(inputName)).toEqual(['x', 'noise.1']);
    expect(noise).toEqual([{ input: graph.inputs[1], law }]);
    expect(graph.inputs[1]?.shape).toEqual(['N', 3, 4, 4]);
    const made = topologicalOrder(graph.outputs.map(({ value }) => value)).map((each) => each.op);
    expect(made).toEqual(ops);
  });

  it('says that it takes no seed of the file', () => {
    const { notes } = importModel(synthetic(drawn('Bernoulli', { seed: 0.5 })), { noise: true });
    expect(notes.join()).toContain('the seed of the file is not used');
  });

  it('is refused unless it is asked for', () => {
    expect(() => importModel(synthetic(drawn('RandomNormalLike')))).toThrow(
      /unused \(RandomNormalLike\): the operator is not/,
    );
  });

  it('is refused where all samples would share it', () => {
    const shared = [node('ReduceSum', ['x'], 's', { keepdims: 0 }), node('RandomNormalLike', ['s'], 'y')];
    expect(() => importModel(synthetic({ opset: 15, nodes: shared }), { noise: true })).toThrow(
      /y \(RandomNormalLike\): input: expected a draw for each sample, \[N, …\], got \[\]/,
    );
    const given = [node('RandomNormal', [], 'y', { shape: [1, 3, 4, 4] })];
    expect(() => importModel(synthetic({ opset: 15, nodes: given }), { noise: true })).toThrow(/not supported/);
  });
});
