import {
  add,
  apply,
  cast,
  constant,
  createBody,
  createGraph,
  differentiate,
  type Graph,
  input,
  less,
  matMul,
  mul,
  neg,
  not,
  reduceSum,
  repeat,
  round,
  scalarConstant,
  tanh,
  type Value,
  vector,
  withGradientOf,
} from '@parallax/graph';
import { createTensor, float32, int64, scalar, sliceBatch, type Tensor, toNumbers } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type Executable, FeedError, RuntimeError } from './engine.ts';

/** In what engines differ. */
export interface EngineTraits {
  /** Whether it computes in float64; if not, it says so when it compiles. Yes when left out. */
  readonly float64?: boolean;
  /** Its speed in long runs, as a fraction of that of native code; 1 when left out. */
  readonly speed?: number;
}

/** What every engine does. */
export function describeEngine(createEngine: () => Engine, { float64 = true, speed = 1 }: EngineTraits = {}): void {
  /** A chain of matrix products: about 20 µs each at speed 1. */
  const slowGraph = (products: number): Graph => chainOfProducts(Math.ceil(products * speed));

  describe('engine', () => {
    let engine: Engine;
    beforeAll(() => {
      engine = createEngine();
    });
    afterAll(() => engine.close());

    describe('runs', () => {
      it('computes the outputs by name', async () => {
        const [a, b] = [input('a', [2]), input('b', [2])];
        const executable = await engine.compile(createGraph([a, b], { sum: add(a, b), product: mul(a, b) }));
        expect(executable.inputs).toEqual(['a', 'b']);
        expect(executable.outputs).toEqual(['sum', 'product']);
        const results = await executable.run({ a: float32([2], [1, 2]), b: float32([2], [3, 4]) });
        expect(results).toEqual({ sum: float32([2], [4, 6]), product: float32([2], [3, 8]) });
      });

      it('gives out inputs, constants and one value under two names', async () => {
        const a = input('a', [1]);
        const twice = add(a, a);
        const graph = createGraph([a], { same: a, fixed: vector([7]), twice, again: twice });
        expect(await runOnce(engine, graph, { a: float32([1], [2]) })).toEqual({
          same: float32([1], [2]),
          fixed: float32([1], [7]),
          twice: float32([1], [4]),
          again: float32([1], [4]),
        });
      });

      it('gives out a value as it is where it has the gradient of another, in and out of loops', async () => {
        const x = input('x', [3]);
        // 1e8 + (3 - 1e8) is not 3 in float32.
        const far = mul(x, 1e8);
        const rounded = withGradientOf(round(x), far);
        const count = scalarConstant(2, 'int64');
        const { state: looped = x } = repeat(count, { state: x }, (_, { state }) => ({
          state: add(withGradientOf(round(state), state), 0.25),
        }));
        const [gradient = x] = differentiate(rounded, [x]);
        const graph = createGraph([x], { rounded, looped, gradient });
        expect(await runOnce(engine, graph, { x: float32([3], [2.6, -0.7, 3]) })).toEqual({
          rounded: float32([3], [3, -1, 3]),
          looped: float32([3], [3.25, -0.75, 3.25]),
          gradient: float32([3], [1e8, 1e8, 1e8]),
        });
      });

      it('needs no input', async () => {
        expect(await runOnce(engine, createGraph([], { y: add(vector([1]), vector([2])) }), {})).toEqual({
          y: float32([1], [3]),
        });
      });

      it('accepts an input that nothing depends on', async () => {
        const [a, b] = [input('a', [1]), input('b', [1])];
        const feeds = { a: float32([1], [1]), b: float32([1], [2]) };
        expect(await runOnce(engine, createGraph([a, b], { y: neg(b) }), feeds)).toEqual({ y: float32([1], [-2]) });
      });

      it('carries every element type', async () => {
        const values: Readonly<Record<string, Tensor>> = {
          float32: float32([2], [0.5, -1]),
          ...(float64 && { float64: doubles }),
          int64: int64([2], [2 ** 40, -3]),
          int32: createTensor('int32', [2], Int32Array.of(5, -6)),
          uint8: createTensor('uint8', [2], Uint8Array.of(0, 255)),
          bool: createTensor('bool', [2], Uint8Array.of(0, 1)),
        };
        const inputs = Object.entries(values).map(([name, { dtype, dims }]) => input(name, dims, dtype));
        const outputs = Object.fromEntries(inputs.map((value, index) => [`out${index}`, value]));
        const results = await runOnce(engine, createGraph(inputs, outputs), values);
        expect(Object.values(results)).toEqual(Object.values(values));
      });

      if (!float64)
        it('refuses float64 when it compiles', async () => {
          const x = input('x', [2], 'float64');
          await expect(engine.compile(createGraph([x], { y: neg(x) }))).rejects.toThrow(RuntimeError);
          await expect(engine.compile(createGraph([x], { y: neg(x) }))).rejects.toThrow(/float64/);
          const y = input('y', [2]);
          await expect(engine.compile(createGraph([y], { z: cast(y, 'float64') }))).rejects.toThrow(/Cast.*float64/);
        });

      it('carries scalars', async () => {
        const a = input('a', []);
        expect(await runOnce(engine, createGraph([a], { y: mul(a, 3) }), { a: scalar(2) })).toEqual({ y: scalar(6) });
      });

      it('leaves the feeds as they were, and copies no more than the view that is fed', async () => {
        const x = input('x', ['N', 2]);
        const all = float32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
        const results = await runOnce(engine, createGraph([x], { y: neg(x) }), { x: sliceBatch(all, 1, 3) });
        expect(results).toEqual({ y: float32([2, 2], [-3, -4, -5, -6]) });
        expect(toNumbers(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      });

      it('keeps concurrent runs apart', async () => {
        const x = input('x', ['N']);
        const executable = await engine.compile(createGraph([x], { y: reduceSum(mul(x, x)) }));
        const runs = Array.from({ length: 20 }, (_, index) =>
          executable.run({ x: float32([1000], Array(1000).fill(index)) }),
        );
        const sums = (await Promise.all(runs)).map(({ y }) => y?.data[0]);
        expect(sums).toEqual(sums.map((_, index) => 1000 * index * index));
        await executable.close();
      });
    });

    describe('symbolic batch', () => {
      it.each([1, 2, 5])('takes %i samples', async (count) => {
        const x = input('x', ['N', 2]);
        const samples = float32([count, 2], Array(2 * count).fill(1));
        const { y } = await runOnce(engine, createGraph([x], { y: matMul(x, weights(2, 3)) }), { x: samples });
        expect(y?.dims).toEqual([count, 3]);
      });
    });

    describe('feeds', () => {
      const a = input('a', ['N', 2]);
      const b = input('b', ['N'], 'int64');
      const graph = createGraph([a, b], { y: a, z: b });
      const good = { a: float32([3, 2], Array(6).fill(0)), b: int64([3], [1, 2, 3]) };
      it.each([
        ['missing', { a: good.a }, 'input b: expected int64 [N], got nothing'],
        ['of another type', { ...good, b: float32([3], [1, 2, 3]) }, 'input b: expected int64 [N], got float32 [3]'],
        [
          'of another rank',
          { ...good, a: float32([6], Array(6).fill(0)) },
          'input a: expected float32 [N, 2], got float32 [6]',
        ],
        [
          'of another length',
          { ...good, a: float32([2, 3], Array(6).fill(0)) },
          'input a: expected float32 [N, 2] with length 2 on axis 1, got float32 [2, 3]',
        ],
        [
          'of another batch than the first',
          { ...good, b: int64([2], [1, 2]) },
          'input b: expected int64 [N] with length 3 on axis 0, got int64 [2]',
        ],
        [
          'without samples',
          { a: float32([0, 2], []), b: int64([0], []) },
          'input a: expected float32 [N, 2] with N from 1, got float32 [0, 2]',
        ],
        ['unknown', { ...good, c: good.b }, 'input c: expected an input of the graph, got an unknown name'],
      ])('%s', async (_, feeds, message) => {
        const executable = await engine.compile(graph);
        await expect(executable.run(feeds)).rejects.toThrow(new FeedError(...feedErrorParts(message)));
        expect(await executable.run(good)).toEqual({ y: good.a, z: good.b });
        await executable.close();
      });
    });

    describe('aborting', () => {
      it('rejects at once when the signal has aborted before', async () => {
        const executable = await engine.compile(slowGraph(1));
        const reason = new Error('changed my mind');
        await expect(executable.run(slowFeeds(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        await executable.close();
      });

      it('rejects while a run goes on, and later runs are not disturbed', async () => {
        const executable = await engine.compile(slowGraph(20_000));
        const controller = new AbortController();
        const reason = new Error('enough');
        const run = executable.run(slowFeeds(), { signal: controller.signal });
        setTimeout(() => controller.abort(reason), 5);
        await expect(run).rejects.toBe(reason);
        expect((await executable.run(slowFeeds()))['y']?.dims).toEqual([side, side]);
        await executable.close();
      });

      it('does not start runs that wait', async () => {
        const executable = await engine.compile(slowGraph(200));
        const controller = new AbortController();
        const runs = Array.from({ length: 50 * engine.parallelism }, () =>
          executable.run(slowFeeds(), { signal: controller.signal }),
        );
        controller.abort(new Error('enough'));
        const outcomes = await Promise.allSettled(runs);
        expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
        const started = performance.now();
        await executable.run(slowFeeds());
        const one = performance.now() - started;
        const again = performance.now();
        await executable.run(slowFeeds());
        // What was started before is at most one run in each worker, not fifty.
        expect(one).toBeLessThan(20 * (performance.now() - again) + 100);
        await executable.close();
      });
    });

    describe('closing', () => {
      it('lets runs in progress finish, and refuses later ones', async () => {
        const executable = await engine.compile(slowGraph(50));
        const run = executable.run(slowFeeds());
        const closed = executable.close();
        await expect(executable.run(slowFeeds())).rejects.toThrow(new RuntimeError('the executable is closed'));
        expect((await run)['y']?.dims).toEqual([side, side]);
        await closed;
        await executable.close();
      });

      it('shares what is compiled from equal graphs, and frees it with the last', async () => {
        const x = input('x', [2]);
        const [first, second] = await Promise.all([
          engine.compile(createGraph([x], { y: tanh(x) })),
          engine.compile(createGraph([x], { y: tanh(x) })),
        ]);
        await first.close();
        expect(await second.run({ x: float32([2], [0, 0]) })).toEqual({ y: float32([2], [0, 0]) });
        await second.close();
        const third = await engine.compile(createGraph([x], { y: tanh(x) }));
        expect(await third.run({ x: float32([2], [0, 0]) })).toEqual({ y: float32([2], [0, 0]) });
        await third.close();
      });

      it('rejects what an engine still owes, and everything after', async () => {
        const other = createEngine();
        const executable = await other.compile(slowGraph(400));
        const runs = Array.from({ length: 2 * other.parallelism }, () => executable.run(slowFeeds()));
        const outcomes = Promise.allSettled(runs);
        await other.close();
        expect((await outcomes).map(({ status }) => status)).toEqual(runs.map(() => 'rejected'));
        await expect(executable.run(slowFeeds())).rejects.toThrow(RuntimeError);
        await expect(other.compile(slowGraph(1))).rejects.toThrow(RuntimeError);
        await executable.close();
        await other.close();
      });
    });

    describe('loops', () => {
      it('iterates a state, with constants inside and values from outside', async () => {
        const x = input('x', ['N']);
        const step = tanh(x);
        // state ← state · 2 + tanh(x), five times
        const y = loop(5, [x], ([state]) => [add(mul(state as Value, 2), step)]);
        const { y: result } = await runOnce(engine, createGraph([x], { y: y as Value }), { x: float32([2], [0, 0.5]) });
        const expected = 32 * 0.5 + 31 * Math.tanh(0.5);
        expect(toNumbers(result as Tensor)[0]).toBe(0);
        expect(toNumbers(result as Tensor)[1]).toBeCloseTo(expected, 4);
      });

      it('ends when its condition does', async () => {
        const x = input('x', []);
        const [iteration, condition, state] = [input('i', [], 'int64'), input('c', [], 'bool'), input('s', [])];
        const next = mul(state, 2);
        const body = createBody(
          [iteration, condition, state],
          [
            { name: 'condition', value: less(next, 100) },
            { name: 'state', value: next },
          ],
        );
        const [y] = apply('Loop', [scalarConstant(50, 'int64'), null, x], { body });
        expect(await runOnce(engine, createGraph([x], { y }), { x: scalar(3) })).toEqual({ y: scalar(192) });
      });

      it('nests', async () => {
        const x = input('x', [1]);
        // outer: state ← state + 3 · (state · x), the inner loop adding state · x three times
        const y = loop(2, [x], ([outer]) => {
          const product = mul(outer as Value, x);
          return [loop(3, [outer as Value], ([inner]) => [add(inner as Value, product)]) as Value];
        });
        const graph = createGraph([x], { y: y as Value });
        // 2 → 2 + 3·4 = 14 → 14 + 3·28 = 98
        expect(await runOnce(engine, graph, { x: float32([1], [2]) })).toEqual({ y: float32([1], [98]) });
      });

      it('gives back the state of no iterations', async () => {
        const x = input('x', [1]);
        const y = loop(0, [x], ([state]) => [neg(state as Value)]);
        expect(await runOnce(engine, createGraph([x], { y: y as Value }), { x: float32([1], [4]) })).toEqual({
          y: float32([1], [4]),
        });
      });
    });

    it('computes with booleans', async () => {
      const a = input('a', [3], 'bool');
      const feeds = { a: createTensor('bool', [3], Uint8Array.of(1, 0, 1)) };
      const results = await runOnce(engine, createGraph([a], { y: cast(not(a), 'float32') }), feeds);
      expect(results).toEqual({ y: float32([3], [0, 1, 0]) });
    });
  });
}

async function runOnce(engine: Engine, graph: Graph, feeds: Readonly<Record<string, Tensor>>) {
  const executable: Executable = await engine.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.close();
  }
}

function feedErrorParts(message: string): [input: string, expected: string, got: string] {
  const [, name = '', expected = '', got = ''] = /^input (\w+): expected (.*), got (.*)$/.exec(message) ?? [];
  return [name, expected, got];
}

function weights(rows: number, columns: number): Value {
  return constant(float32([rows, columns], new Float32Array(rows * columns).fill(0.5)));
}

/** A loop that always runs all of its iterations; gives the first of its final states. */
function loop(count: number, initial: readonly Value[], step: (states: readonly Value[]) => readonly Value[]): Value {
  const [iteration, condition] = [input('iteration', [], 'int64'), input('condition', [], 'bool')];
  const states = initial.map(({ shape, dtype }, index) => input(`state${index}`, shape, dtype));
  const next = step(states).map((value, index) => ({ name: `state${index}`, value }));
  const body = createBody([iteration, condition, ...states], [{ name: 'condition', value: condition }, ...next]);
  return apply('Loop', [scalarConstant(count, 'int64'), null, ...initial], { body })[0];
}

const side = 64;

const doubles = createTensor('float64', [2], Float64Array.of(0.1, -1));

function chainOfProducts(products: number): Graph {
  const x = input('x', [side, side]);
  const y = loop(products, [x], ([state]) => [mul(matMul(state as Value, x), 0.01)]);
  return createGraph([x], { y });
}

function slowFeeds(): Readonly<Record<string, Tensor>> {
  return { x: float32([side, side], new Float32Array(side * side).fill(0.1)) };
}
