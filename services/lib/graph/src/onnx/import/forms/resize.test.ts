import { toNumbers } from '@parallax/tensor';
import { expect, test } from 'vitest';
import { apply } from '../../../apply.ts';
import { createGraph } from '../../../graph.ts';
import { topologicalOrder } from '../../../order.ts';
import { constantTensor, input, integers, vector } from '../../../value.ts';
import { encodeModel } from '../../encode.ts';
import { importModel } from '../import-model.ts';

test('a Resize of any batch crops as one of a fixed batch does', () => {
  const x = input('x', [1, 1, 4, 4]);
  const [y] = apply('Resize', [x, vector([0, 0, 0.4, 0.6, 1, 1, 0.7, 0.9]), null, integers([1, 1, 3, 3])], {
    mode: 'linear',
    coordinate_transformation_mode: 'tf_crop_and_resize',
  });
  const { graph } = importModel(encodeModel(createGraph([x], { y })));
  const resize = topologicalOrder(graph.outputs.map(({ value }) => value)).find(({ op }) => op === 'Resize');
  const roi = constantTensor(resize?.inputs[1]);
  expect(roi && toNumbers(roi).map((number) => Math.round(10 * number))).toEqual([0, 4, 6, 10, 7, 9]);
  expect(resize?.outputs[0]?.shape).toEqual(['N', 1, 3, 3]);
});
