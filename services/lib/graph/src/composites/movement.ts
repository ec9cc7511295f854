import { identity } from '../build.ts';
import { GraphError } from '../errors.ts';
import { float, int } from '../operators/shared.ts';
import { type Composite, composite } from './composite.ts';

export const movement: Readonly<Record<string, Composite>> = {
  // Encoders are differentiated as they are evaluated: nothing is dropped.
  Dropout: composite({ seed: int(0), ratio: float(0.5) }, ({ inputs: [x] }) => {
    if (!x) throw new GraphError('Dropout', 'data: expected a value, got none');
    return [identity(x)];
  }),
};
