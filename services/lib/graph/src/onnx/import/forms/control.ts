import { concat, unsqueeze } from '../../../build.ts';
import { scalarConstant, type Value } from '../../../value.ts';
import { type Call, type Context, operand } from '../call.ts';
import { ImportError } from '../import-error.ts';
import type { Forms } from './form.ts';

/** Rounds of a loop that are written out. */
const mostRounds = 1024;

/** A number that is known. @throws ImportError when it is computed, or more than one. */
function knownNumber(value: Value, name: string, why: string, { knowledge }: Context): number {
  const [number, ...rest] = knowledge.numbers(value) ?? [];
  if (number === undefined || rest.length > 0) throw new ImportError(`${name}: expected a constant, ${why}`);
  return number;
}

/** The branch that a constant condition takes; the other one is not even looked at. */
function branch(call: Call, context: Context): readonly Value[] {
  const condition = knownNumber(operand(call, 0, 'cond'), 'cond', 'got a branch that depends on the image', context);
  const name = condition === 0 ? 'else_branch' : 'then_branch';
  const graph = call.attributes.get(name, 'graph');
  if (graph === undefined) throw new ImportError(`attribute ${name}: expected a graph, got none`);
  const outputs = context.evaluate(graph, []);
  if (outputs.length < call.outputs) {
    throw new ImportError(`${name}: expected ${call.outputs} outputs, got ${outputs.length}`);
  }
  return outputs;
}

/** A loop whose number of rounds is known, written out. Values of each round are stacked along a new first axis. */
function loop(call: Call, context: Context): readonly Value[] {
  const [count, condition, ...initial] = call.inputs;
  const body = call.attributes.get('body', 'graph');
  if (body === undefined) throw new ImportError('attribute body: expected a graph, got none');
  const unbound = 'got a loop whose end depends on the image';
  const rounds = count ? knownNumber(count, 'M', unbound, context) : Number.POSITIVE_INFINITY;
  let goes = condition ? knownNumber(condition, 'cond', unbound, context) !== 0 : true;
  let state = initial.map((value, index) => value ?? operand(call, index + 2, `state ${index}`));
  const collected: Value[][] = [];
  for (let round = 0; goes && round < rounds; round++) {
    if (round >= mostRounds) throw new ImportError(`expected at most ${mostRounds} rounds, got more`);
    const given = [scalarConstant(round, 'int64'), scalarConstant(1, 'bool'), ...state];
    const [next, ...values] = context.evaluate(body, given);
    if (next === undefined || values.length < state.length)
      throw new ImportError('body: expected a condition and the state');
    collected.push(values.slice(state.length));
    state = values.slice(0, state.length);
    goes = knownNumber(next, 'condition of the body', unbound, context) !== 0;
  }
  const stacks = (collected[0] ?? []).map((_, at) =>
    concat(
      collected.map((values) => unsqueeze(values[at] as Value, [0])),
      0,
    ),
  );
  if (state.length + stacks.length < call.outputs)
    throw new ImportError('expected at least one round of a loop that collects values');
  return [...state, ...stacks];
}

/** Control flow that does not depend on the image. */
export const controlForms: Forms = { If: branch, Loop: loop };
