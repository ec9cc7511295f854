import { formatShape } from '../../dims.ts';
import { GraphError } from '../../errors.ts';
import type { Value } from '../../value.ts';
import { applyPlain, specsOf } from './apply-plain.ts';
import { batchSymbol } from './batch.ts';
import type { Call, Context } from './call.ts';
import { fold, isFolded } from './folding/table.ts';
import { forms } from './forms/table.ts';
import { FixedBatchError, ImportError, UnsupportedOperatorError } from './import-error.ts';
import { upgrades } from './upgrades/table.ts';

/**
 * Applies one operator of a file: an older form is brought into the newest, what can be known of shapes is computed, and
 * the rest becomes nodes of our graph.
 * @throws GraphError when the operator is not known, or its inputs or attributes do not fit.
 */
export function applyCall(call: Call, context: Context): readonly Value[] {
  const upgrade = Object.hasOwn(upgrades, call.op) ? upgrades[call.op] : undefined;
  const current = upgrade === undefined ? call : upgrade(call, context);
  const known = fold(current, context);
  const value = known === undefined ? undefined : context.knowledge.value(known);
  if (value !== undefined) return [value];
  const form = Object.hasOwn(forms, current.op) ? forms[current.op] : undefined;
  const outputs = form === undefined ? applyPlain(current) : form(current, context);
  for (const output of outputs) context.budget.value(output, current.inputs);
  if (context.batch.fixed !== undefined) assertSamplesApart(current, outputs, context);
  context.grids.follow(current.op, current.inputs, outputs[0]);
  context.batch.inherit(current.inputs, outputs);
  return outputs;
}

/** Whether an operator can be imported. */
export function isKnownOperator(op: string): boolean {
  return specsOf(op) !== undefined || Object.hasOwn(forms, op) || Object.hasOwn(upgrades, op) || isFolded(op);
}

/** Operators that keep the shape and yet mix the entries of an axis. */
const alongAxis: Readonly<Record<string, number>> = {
  CumSum: 0,
  Hardmax: -1,
  LogSoftmax: -1,
  LpNormalization: -1,
  Softmax: -1,
};

/** A model is right for any batch only if nothing mixes samples, and nothing picks one out. */
function assertSamplesApart({ op, inputs, attributes }: Call, outputs: readonly Value[], { batch }: Context): void {
  const batched = inputs.find((value) => value !== null && batch.axisOf(value.shape) >= 0);
  const [output] = outputs;
  if (!batched || output === undefined) return;
  const axis = batch.axisOf(output.shape);
  const fallback = alongAxis[op];
  const along = fallback === undefined ? undefined : attributes.int('axis', fallback);
  const mixed = along !== undefined && (along < 0 ? along + output.shape.length : along) === axis;
  if ((axis < 0 && op !== 'Shape') || mixed) {
    throw new FixedBatchError(`${op} of ${formatShape(batched.shape)} does not keep samples apart (${batchSymbol})`);
  }
}

/** An error that names the node it happened at, and its operator. */
export function atNode(error: unknown, node: string, op: string): unknown {
  const where = `node ${node} (${op})`;
  if (error instanceof UnsupportedOperatorError) {
    const { facts } = error;
    return new UnsupportedOperatorError(`${where}: ${bare(error)}`, { ...facts, node: facts.node || node });
  }
  if (error instanceof FixedBatchError) return new FixedBatchError(`${where}: ${bare(error)}`);
  if (error instanceof GraphError) return new ImportError(`${where}: ${bare(error)}`);
  if (error instanceof RangeError || error instanceof TypeError || error instanceof Error) {
    return new ImportError(`${where}: ${error.message}`);
  }
  return error;
}

/** A message without the prefix that the node's name replaces. */
function bare({ op, message }: GraphError): string {
  return op === 'import' ? message.slice('import: '.length) : message;
}
