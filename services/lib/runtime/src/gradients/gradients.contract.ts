import {
  composites,
  createGraph,
  differentiate,
  input,
  type OpName,
  operators,
  topologicalOrder,
} from '@parallax/graph';
import { float32 } from '@parallax/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { largestError } from '../errors-seen/errors-seen.ts';
import { compositeCases, gradientCases } from './cases/table.ts';
import { checkGradient } from './check-gradient.ts';
import { conventions } from './conventions.ts';
import type { GradientCase, GradientExpectation } from './gradient-case.ts';
import { type Precision, sampledInput, sampledTensor } from './samples.ts';
import { twice } from './slope.ts';

/** Largest relative disagreement between a gradient and central differences. */
const tolerance: { readonly [P in Precision]: number } = { float64: 1e-8, float32: 2e-4 };

/**
 * Every operator's gradient, run by an engine and compared with differences of what the engine itself computes: within
 * a tolerance, and not much further apart than is recorded of the operator.
 */
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
        if (each.twice === true) it(`${each.name}, twice`, () => expectGradient(op, twice(each)));
      }
    });

    it('checks every operator that is written out', () => {
      expect(Object.keys(compositeCases).sort()).toEqual(Object.keys(composites).sort());
    });

    describe.each(Object.entries(compositeCases))('%s, written out', (op, cases) => {
      for (const each of cases) {
        it(each.name, () => expectDifferences(op, each));
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
      await expectDifferences(op, each);
    }

    async function expectDifferences(op: string, each: GradientCase): Promise<void> {
      const { inputs, traced, precision = 'float64' } = each;
      const most = Math.min(tolerance[precision], largestError(op, precision));
      for (const error of await checkGradient(engine, traced, inputs, { precision })) {
        expect(error.relative, JSON.stringify(error)).toBeLessThan(most);
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
