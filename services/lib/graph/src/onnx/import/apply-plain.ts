import { applyNamed, composites } from '../../composites/table.ts';
import type { AttributeSpec } from '../../operator.ts';
import { operators } from '../../operators/table.ts';
import type { Value } from '../../value.ts';
import { allInputs } from '../input-counts.ts';
import type { Attributes } from './attributes.ts';
import { type Call, unsupported } from './call.ts';
import { isFolded } from './folding/table.ts';
import { ImportError } from './import-error.ts';

type Specs = Readonly<Record<string, AttributeSpec<unknown>>>;

/** The attributes that an operator of ours takes, or undefined when there is no such operator. */
export function specsOf(op: string): Specs | undefined {
  if (Object.hasOwn(operators, op)) return operators[op as keyof typeof operators].attributes as Specs;
  return Object.hasOwn(composites, op) ? (composites[op]?.attributes as Specs | undefined) : undefined;
}

/** Applies an operator as it stands. */
export function applyPlain(call: Call): readonly Value[] {
  const specs = specsOf(call.op);
  if (specs === undefined) throw unsupported(call, isFolded(call.op) ? ' where its inputs are computed' : '');
  const attributes = plainAttributes(specs, call.attributes);
  try {
    return applyNamed(call.op, { inputs: allInputs(call.op, call.inputs), outputs: call.outputs }, attributes);
  } catch (error) {
    // An operator reads the inputs it cannot do without; a file may leave them out.
    if (!(error instanceof TypeError)) throw error;
    throw new ImportError(`expected all inputs that ${call.op} needs, got ${call.inputs.filter(Boolean).length}`);
  }
}

function plainAttributes(specs: Specs, attributes: Attributes): Readonly<Record<string, unknown>> {
  const plain: Record<string, unknown> = {};
  for (const name of attributes.names) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) throw new ImportError(`attribute ${name}: is not supported`);
    plain[name] = attributes.get(name, spec.kind);
  }
  return plain;
}
