/** A graph that cannot be built: which operator, what was expected, what came. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly op: string;

  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}

/** The gradient was asked for through an operator that has none. */
export class NotDifferentiableError extends GraphError {}
