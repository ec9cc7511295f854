import {
  add,
  argMax,
  cast,
  createGraph,
  div,
  fixedDim,
  gather,
  input,
  oneHot,
  reduceMean,
  reduceSum,
  repeat,
  scalarConstant,
} from '@parallax/graph';
import type { Results } from '@parallax/runtime';
import { concatBatch, createTensor, int64, type Tensor } from '@parallax/tensor';
import type { TracedPass, Workbench } from './workbench.ts';

/** Tensors of one shape → one with a leading axis E. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const { dtype, data, dims } = concatBatch(tensors);
  const [rows = 0, ...rest] = dims;
  return createTensor(dtype, [tensors.length, rows / tensors.length, ...rest], data);
}

/** E tensors [N,…] → their mean [N,…]. */
export async function meanOverDraws(bench: Workbench, tensors: readonly Tensor[]): Promise<Tensor> {
  const [first] = tensors;
  if (first === undefined) throw new RangeError('tensors: expected at least one, got none');
  if (tensors.length === 1) return first;
  const dims = first.dims.slice(1);
  const { mean } = await bench.usePass(
    `mean/${dims.join('x')}`,
    () => meanPass(dims),
    ({ executable }) => executable.run({ perDraw: stacked(tensors), further: int64([], [tensors.length - 1]) }),
  );
  return mean ?? first;
}

/** Adds one draw after the other, as a step of a placed attack does, so that both find the same bits. */
function meanPass(dims: readonly number[]): TracedPass {
  const perDraw = input('perDraw', ['E', 'N', ...dims]);
  const further = input('further', [], 'int64');
  const first = gather(perDraw, scalarConstant(0, 'int64'));
  const { sum } = repeat(further, { sum: first }, (iteration, state) => ({
    sum: add(state.sum, gather(perDraw, add(iteration, 1))),
  }));
  const mean = div(sum, cast(add(further, 1), 'float32'));
  return { graph: createGraph([perDraw, further], { mean }), draws: [], negativeDraws: [] };
}

/** Logits of E draws, each [N,K] → `logits`, their mean [N,K]; `votes` int64 [N,K]; `classes` int64 [N], ties to the lower. */
export function tally(bench: Workbench, logits: readonly Tensor[]): Promise<Results> {
  const classes = logits[0]?.dims[1] ?? 0;
  return bench.usePass(
    `tally/${classes}`,
    () => tallyPass(classes),
    ({ executable }) => executable.run({ perDraw: stacked(logits) }),
  );
}

function tallyPass(classes: number): TracedPass {
  const perDraw = input('perDraw', ['E', 'N', classes]);
  const winners = argMax(perDraw, 2);
  const votes = reduceSum(oneHot(winners, fixedDim(perDraw.shape, 2), 'int64'), [0], false);
  const logits = reduceMean(perDraw, [0], false);
  return { graph: createGraph([perDraw], { logits, votes, classes: argMax(votes, 1) }), draws: [], negativeDraws: [] };
}
