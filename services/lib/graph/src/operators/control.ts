import { formatShape, sameShape } from '../dims.ts';
import { GraphError } from '../errors.ts';
import type { Graph } from '../graph.ts';
import type { AttributeSpec, Family } from '../operator.ts';
import { info } from './shared.ts';

const body: AttributeSpec<Graph> = { kind: 'graph', default: undefined };

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
        const given = initial[index];
        if (
          given === null ||
          given === undefined ||
          given.dtype !== value.dtype ||
          !sameShape(given.shape, value.shape)
        ) {
          const came = given ? `${given.dtype} ${formatShape(given.shape)}` : 'nothing';
          throw new GraphError(
            'Loop',
            `state ${name}: expected ${value.dtype} ${formatShape(value.shape)}, got ${came}`,
          );
        }
        return info(value.dtype, value.shape);
      });
    },
    // Loops are written around whole attacks, whose gradient nobody takes; training loops run step by step.
    gradient: null,
  },
};
