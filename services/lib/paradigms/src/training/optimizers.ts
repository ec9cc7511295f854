import { add, constant, div, minimum, mul, pow, reduceL2, sqrt, sub, type Value } from '@parallax/graph';
import { elementCount, float32 } from '@parallax/tensor';
import type { Layout } from '../model/parameters.ts';

/** An optimiser as a pure function of vectors: state and gradient in, new parameters and new state out. */
export interface Optimizer {
  readonly name: string;
  /** How many vectors of the length of the parameters it keeps between steps; they start at zero. */
  readonly slots: number;
  /** `learningRate` and `step` (from 1) are scalars fed at each step. */
  readonly update: (parameters: Value, gradient: Value, state: readonly Value[], context: UpdateContext) => Updated;
}

export interface UpdateContext {
  readonly learningRate: Value;
  readonly step: Value;
  /** 1 where weight decay applies, else 0: [P]. */
  readonly decayed: Value;
}

export interface Updated {
  readonly parameters: Value;
  readonly state: readonly Value[];
}

/** AdamW (Loshchilov & Hutter 2019): decay apart from the gradient. */
export function adamW(options: {
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
}): Optimizer {
  const { beta1, beta2, weightDecay } = options;
  const epsilon = 1e-8;
  return {
    name: 'adamw',
    slots: 2,
    update: (parameters, gradient, [mean, square], { learningRate, step, decayed }) => {
      if (mean === undefined || square === undefined) throw new Error('adamw: expected two state vectors');
      const nextMean = add(mul(mean, beta1), mul(gradient, 1 - beta1));
      const nextSquare = add(mul(square, beta2), mul(mul(gradient, gradient), 1 - beta2));
      const unbiasedMean = div(nextMean, sub(1, pow(beta1, step)));
      const unbiasedSquare = div(nextSquare, sub(1, pow(beta2, step)));
      const direction = div(unbiasedMean, add(sqrt(unbiasedSquare), epsilon));
      const kept = mul(parameters, sub(1, mul(mul(decayed, weightDecay), learningRate)));
      return { parameters: sub(kept, mul(direction, learningRate)), state: [nextMean, nextSquare] };
    },
  };
}

/** Stochastic gradient descent with momentum; decay is part of the gradient, as PyTorch has it. */
export function sgd(options: { readonly momentum: number; readonly weightDecay: number }): Optimizer {
  return {
    name: 'sgd',
    slots: 1,
    update: (parameters, gradient, [velocity], { learningRate, decayed }) => {
      if (velocity === undefined) throw new Error('sgd: expected one state vector');
      const decaying = add(gradient, mul(mul(parameters, decayed), options.weightDecay));
      const next = add(mul(velocity, options.momentum), decaying);
      return { parameters: sub(parameters, mul(next, learningRate)), state: [next] };
    },
  };
}

/** Scales a gradient down to the given Euclidean norm when it is longer. */
export function clipNorm(gradient: Value, limit: number): Value {
  const tiny = 1e-6;
  return mul(gradient, minimum(div(limit, add(reduceL2(gradient, undefined, false), tiny)), 1));
}

/** Which parameters weight decay applies to, as a vector of ones and zeros. */
export function decayMask(layout: Layout): Value {
  const mask = new Float32Array(layout.parameterCount);
  for (const { offset, shape, decay } of layout.parameters)
    mask.fill(decay ? 1 : 0, offset, offset + elementCount(shape));
  return constant(float32([mask.length], mask));
}
