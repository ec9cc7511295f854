import { formatShape, sameShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Graph } from '../graph.ts';
import type { AttributeSpec, Family } from '../operator.ts';
import type { ValueInfo } from '../value.ts';
import { info } from './shared.ts';

const body: AttributeSpec<Graph> = { kind: 'graph', default: undefined };

/** A state keeps its type and shape through all iterations. */
function requireLike(name: string, given: ValueInfo | null | undefined, wanted: ValueInfo): void {
  if (given && given.dtype === wanted.dtype && sameShape(given.shape, wanted.shape)) return;
  const came = given ? `${given.dtype} ${formatShape(given.shape)}` : 'nothing';
  throw new GraphError('Loop', `${name}: expected ${wanted.dtype} ${formatShape(wanted.shape)}, got ${came}`);
}

export const control: Family<'Loop'> = {
  Loop: {
    attributes: { body },
    infer: ([, , ...initial], { body: { inputs, outputs } }) => {
      const states = inputs.slice(2);
      const next = outputs.slice(1);
      if (states.length !== initial.length || next.length !== initial.length) {
        throw new GraphError(
          'Loop',
          `expected ${initial.length} states into and out of the body, got ${states.length} and ${next.length}`,
        );
      }
      return next.map(({ name, value }, index) => {
        requireLike(`state ${name}`, initial[index], value);
        requireLike(`state ${name} of the body`, states[index], value);
        return info(value.dtype, value.shape);
      });
    },
    // Loops are written around whole attacks, whose gradient nobody takes; training loops run step by step.
    gradient: null,
  },
};
