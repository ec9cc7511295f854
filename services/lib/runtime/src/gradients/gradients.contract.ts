import {
  composites,
  concat,
  createGraph,
  differentiate,
  input,
  type OpName,
  operators,
  reshape,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { compositeCases, gradientCases } from './cases/table.ts';
import { checkGradient, type Traced } from './check-gradient.ts';
import { conventions } from './conventions.ts';
import type { GradientCase, GradientExpectation } from './gradient-case.ts';
import { type Precision, sampledInput, sampledTensor } from './samples.ts';

/** Largest relative disagreement between a gradient and central differences. */
const tolerance: { readonly [P in Precision]: number } = { float64: 1e-8, float32: 2e-4 };

/** Every operator's gradient, run by an engine and compared with differences of what the engine itself computes. */
export function describeGradients(createEngine: () => Engine): void {
  describe('gradients', () => {
    let engine: Engine;
    beforeAll(() => {
      engine = createEngine();
    });
    afterAll(() => engine.close());

    describe.each(Object.entries(gradientCases) as [OpName, GradientExpectation][])('%s', (op, expectation) => {
      if (typeof expectation === 'string') {
        it(`is ${expectation}`, () => {
          expect(operators[op].gradient === null).toBe(expectation === 'not differentiable');
        });
        return;
      }
      for (const each of expectation) {
        it(each.name, () => expectGradient(op, each));
        if (each.expected !== undefined) it(`${each.name}, known`, () => expectKnown(each, each.expected ?? []));
        if (each.twice === true)
          it(`${each.name}, twice`, () => expectGradient(op, { ...each, traced: slope(each.traced) }));
      }
    });

    it('checks every operator that is written out', () => {
      expect(Object.keys(compositeCases).sort()).toEqual(Object.keys(composites).sort());
    });

    describe.each(Object.entries(compositeCases))('%s, written out', (_, cases) => {
      for (const each of cases) {
        it(each.name, () => expectDifferences(each));
        if (each.expected !== undefined) it(`${each.name}, known`, () => expectKnown(each, each.expected ?? []));
      }
    });

    it.each(conventions)('$name', async ({ at, traced, gradient }) => {
      const x = input('x', [at.length]);
      const [value] = differentiate(traced(x), [x]);
      const executable = await engine.compile(createGraph([x], { gradient: value ?? x }));
      const results = await executable.run({ x: float32([at.length], at) });
      expect(results).toEqual({ gradient: float32([at.length], gradient) });
      await executable.close();
    });

    async function expectGradient(op: OpName, each: GradientCase): Promise<void> {
      const { inputs, traced, precision = 'float64' } = each;
      const output = traced(...inputs.map((sample, index) => sampledInput(sample, `x${index}`, precision)));
      expect(topologicalOrder([output]).map((node) => node.op)).toContain(op);
      await expectDifferences(each);
    }

    async function expectDifferences({ inputs, traced, precision = 'float64' }: GradientCase): Promise<void> {
      for (const error of await checkGradient(engine, traced, inputs, { precision })) {
        expect(error.relative, JSON.stringify(error)).toBeLessThan(tolerance[precision]);
      }
    }

    async function expectKnown(
      { inputs, traced, precision = 'float64' }: GradientCase,
      expected: readonly number[],
    ): Promise<void> {
      const values = inputs.map((sample, index) => sampledInput(sample, `x${index}`, precision));
      const executable = await engine.compile(createGraph(values, { y: traced(...values) }));
      const fed = inputs.map(
        (sample, index) => [`x${index}`, sampledTensor(sample, `known${index}`, precision)] as const,
      );
      const { y } = await executable.run(Object.fromEntries(fed));
      const got = Array.from((y?.data ?? []) as ArrayLike<number | bigint>, Number);
      expect(got.length).toBe(expected.length);
      for (const [index, value] of got.entries()) expect(value, `number ${index}`).toBeCloseTo(expected[index] ?? 0, 5);
      await executable.close();
    }
  });
}

/** The gradients of ½‖f‖² with respect to all inputs, as one vector. */
function slope(traced: Traced): Traced {
  return (...inputs: Value[]) => {
    const output = traced(...inputs);
    return concat(
      differentiate(output, inputs, output).map((gradient) => reshape(gradient, [-1])),
      0,
    );
  };
}
