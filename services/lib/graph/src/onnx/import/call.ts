import type { DataType } from '@parallax/tensor';
import type { Value } from '../../value.ts';
import type { Message } from '../wire.ts';
import type { Attributes } from './attributes.ts';
import type { Batch } from './batch.ts';
import type { Budget } from './budget.ts';
import type { Grids } from './grids.ts';
import { ImportError, shown, UnsupportedOperatorError } from './import-error.ts';
import type { Knowledge } from './knowledge.ts';

/** One application of an operator, as far as it has been brought into our form. */
export interface Call {
  /** The operator, with its domain before it unless that is the standard one: `com.microsoft.FusedMatMul`. */
  readonly op: string;
  /** The operator set the operator is meant in. */
  readonly opset: number;
  /** In ONNX order; `null` stands for an optional input left out. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  /** How many outputs are asked for. */
  readonly outputs: number;
}

/** What importing a node may use besides its inputs. */
export interface Context {
  readonly knowledge: Knowledge;
  readonly batch: Batch;
  readonly grids: Grids;
  readonly budget: Budget;
  /** Says once what was changed or assumed. */
  readonly note: (sentence: string) => void;
  readonly tensor: (what: string, message: Message<'TensorProto'>) => Value;
  /** The element type of a number of the specification, half precision widened. */
  readonly elementType: (what: string, number: number) => DataType;
  /** The outputs of a graph within this one, which sees the values around it; `inputs` are given to its inputs. */
  readonly evaluate: (graph: Message<'GraphProto'>, inputs: readonly Value[]) => readonly Value[];
}

/** An input that must be there. @throws ImportError when it is left out. */
export function operand(call: Call, index: number, name: string): Value {
  const value = call.inputs[index];
  if (!value) throw new ImportError(`${name}: expected a value, got none`);
  return value;
}

/** The refusal of an operator that we do not have; `where` narrows it. The importer adds the node. */
export function unsupported({ op, opset }: Call, where = ''): UnsupportedOperatorError {
  const dot = op.lastIndexOf('.');
  const domain = dot < 0 ? 'ai.onnx' : shown(op.slice(0, dot));
  const facts = { operator: shown(op.slice(dot + 1)), domain, opset, node: '' };
  return new UnsupportedOperatorError(`the operator is not supported${where}`, facts);
}
