import { GraphError } from '../../errors.ts';

/** A model that cannot be imported: which node or field, what was expected, what came. */
export class ImportError extends GraphError {
  constructor(message: string) {
    super('import', message);
  }
}

/** A model written for one batch length that cannot be had for any: it is imported with the length it has. */
export class FixedBatchError extends ImportError {}

/** An operator that a file uses and that cannot be imported. */
export interface UnsupportedOperator {
  readonly operator: string;
  /** `ai.onnx` is the standard's. */
  readonly domain: string;
  /** The operator set of the domain that the file is written in. */
  readonly opset: number;
  /** The node that uses it, by its name or its first output; within a function, the node of its body. */
  readonly node: string;
}

/** A model that uses an operator that cannot be imported. */
export class UnsupportedOperatorError extends ImportError {
  readonly facts: UnsupportedOperator;

  constructor(message: string, facts: UnsupportedOperator) {
    super(message);
    this.facts = facts;
  }
}

/** A name from a file as a message shows it: whole, unless it is very long. */
export function shown(name: string): string {
  const longest = 100;
  return name.length > longest ? `${name.slice(0, longest)}…` : name;
}
