import type { Value } from '@parallax/graph';
import { RuntimeError } from '../engine.ts';
import { Operand } from './operand.ts';

/** The tensors of one run of a graph, or of one iteration of a loop body inside the scope around it. */
export class Scope {
  private readonly own = new Map<Value, Operand>();
  private readonly constants: Map<Value, Operand>;
  private readonly around: Scope | undefined;

  /** `constants` are kept from run to run, by whoever made the map. */
  constructor(constants: Map<Value, Operand>, around?: Scope) {
    this.constants = constants;
    this.around = around;
  }

  /** A scope inside this one. */
  inner(): Scope {
    return new Scope(this.constants, this);
  }

  get(value: Value): Operand {
    const { source } = value;
    if (source.kind !== 'constant') return this.computed(value);
    const known = this.constants.get(value) ?? Operand.fromHost(source.tensor);
    this.constants.set(value, known);
    return known;
  }

  /** Takes an operand over. */
  set(value: Value, operand: Operand): void {
    this.own.get(value)?.dispose();
    this.own.set(value, operand);
  }

  free(values: readonly Value[]): void {
    for (const value of values) {
      this.own.get(value)?.dispose();
      this.own.delete(value);
    }
  }

  dispose(): void {
    this.free([...this.own.keys()]);
  }

  private computed(value: Value): Operand {
    const found = this.own.get(value) ?? this.around?.computed(value);
    if (found === undefined) throw new RuntimeError('tfjs: a value was read that is not computed');
    return found;
  }
}
