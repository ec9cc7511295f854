import { type OpName, operators } from '@parallax/graph';
import { type ErrorsSeen, errorsSeen } from './errors-seen/errors-seen.ts';
import { compositeCases, gradientCases } from './gradients/cases/table.ts';
import type { GradientCase } from './gradients/gradient-case.ts';
import { kernels } from './tfjs/kernels/table.ts';

/**
 * How the gradient of an operator is made: by a rule that is checked against differences; it is zero wherever it exists;
 * it is that of another function; there is none; or it follows from what the operator is written in.
 */
export type GradientSupport = 'rule' | 'zero' | 'straight through' | 'none' | 'of its parts' | 'unchecked';

export interface OperatorSupport {
  readonly gradient: GradientSupport;
  /** Whether the gradient of the gradient is checked, too. */
  readonly twice: boolean;
  /** Engines that compute the operator itself; one that is written out runs where its parts do. */
  readonly engines: readonly string[];
  /** The worst errors that its checks saw when they were last measured; none where nothing is compared. */
  readonly errors: ErrorsSeen;
}

/** What the checks of this package cover of an operator, and who computes it. */
export function supportOf(op: string): OperatorSupport {
  const errors = errorsSeen(op);
  if (!isOperator(op)) {
    const cases = compositeCases[op] ?? [];
    const gradient = cases.length > 0 ? 'of its parts' : 'unchecked';
    return { gradient, twice: cases.some(isTwice), engines: [], errors };
  }
  const engines = withoutKernel.has(op) || Object.hasOwn(kernels, op) ? ['onnxruntime', 'tfjs'] : ['onnxruntime'];
  const expected = gradientCases[op];
  if (typeof expected !== 'string') return { gradient: 'rule', twice: expected.some(isTwice), engines, errors };
  return { gradient: withoutCases[expected], twice: false, engines, errors };
}

/** What tfjs runs without a kernel: its interpreter runs loops itself, and what is for gradients alone is gone by then. */
const withoutKernel: ReadonlySet<string> = new Set<OpName>(['Loop', 'parallax.WithGradientOf']);

const withoutCases = {
  'not differentiable': 'none',
  'piecewise constant': 'zero',
  'straight through': 'straight through',
} as const;

function isOperator(op: string): op is OpName {
  return Object.hasOwn(operators, op);
}

function isTwice({ twice }: GradientCase): boolean {
  return twice === true;
}
