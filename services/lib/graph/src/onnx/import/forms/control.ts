import { operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Forms } from './form.ts';

export const controlForms: Forms = {
  /** The branch that a constant condition takes; the other one is not even looked at. */
  If: (call, context) => {
    const [condition, ...rest] = context.knowledge.numbers(operand(call, 0, 'cond')) ?? [];
    if (condition === undefined || rest.length > 0) {
      throw new ImportError('cond: expected a constant, got a computed value: the branch depends on the image');
    }
    const name = condition === 0 ? 'else_branch' : 'then_branch';
    const branch = call.attributes.get(name, 'graph');
    if (branch === undefined) throw new ImportError(`attribute ${name}: expected a graph, got none`);
    const outputs = context.branch(branch);
    if (outputs.length < call.outputs)
      throw new ImportError(`${name}: expected ${call.outputs} outputs, got ${outputs.length}`);
    return outputs;
  },
};
