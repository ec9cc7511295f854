import type { Value } from '../../value.ts';
import { ImportError } from './import-error.ts';
import type { ImportLimits } from './limits.ts';

/** Entries of shape arithmetic in one import: some seconds of it. */
const mostFolded = 2 ** 21;
/** How many constants of the largest size one import may compute. */
const constantsOfLargestSize = 16;
const mostAxes = 64;
/** Characters of a length that is known only at run time: sums of unlike lengths grow. */
const longestLength = 200;

/** What an import has used up. The sums bound time and memory where each single step is small. */
export class Budget {
  private readonly limits: ImportLimits;
  /** Values computed from constants alone: they are computed, and kept, before the first image comes. */
  private readonly constants = new WeakSet<Value>();
  private constantElements = 0;
  private folded = 0;
  private nodes = 0;

  constructor(limits: ImportLimits) {
    this.limits = limits;
  }

  /** @throws ImportError when there are too many nodes. */
  node(): void {
    if (++this.nodes > this.limits.nodes)
      throw new ImportError(`expected at most ${this.limits.nodes} nodes, got more`);
  }

  /** @throws ImportError when shape arithmetic takes too long. */
  fold(entries: number): void {
    this.folded += entries;
    if (this.folded > mostFolded) throw new ImportError(`expected shape arithmetic of at most ${mostFolded} entries`);
  }

  /** @throws ImportError when a value is larger than any that a vision encoder has. */
  value(value: Value, from: readonly (Value | null)[]): void {
    const { shape } = value;
    if (shape.length > mostAxes) throw new ImportError(`expected at most ${mostAxes} axes, got ${shape.length}`);
    let size = 1;
    for (const dim of shape) {
      if (typeof dim === 'number' ? !Number.isSafeInteger(dim) || dim < 0 : dim.length > longestLength) {
        throw new ImportError(`expected lengths from 0, got ${`${dim}`.slice(0, longestLength)}`);
      }
      size *= typeof dim === 'number' ? dim : 1;
    }
    if (size > this.limits.elements) {
      throw new ImportError(`expected at most ${this.limits.elements} elements a sample, got [${shape.join(', ')}]`);
    }
    if (value.source.kind === 'node' && from.every((each) => each === null || this.isConstant(each))) {
      this.constant(value, size);
    }
  }

  private isConstant(value: Value): boolean {
    return value.source.kind === 'constant' || this.constants.has(value);
  }

  private constant(value: Value, size: number): void {
    const most = this.limits.constantElements;
    this.constants.add(value);
    this.constantElements += size;
    if (size <= most && this.constantElements <= constantsOfLargestSize * most) return;
    throw new ImportError(
      `expected computed constants of at most ${most} elements, and ${constantsOfLargestSize} times that in all, got [${value.shape.join(', ')}]`,
    );
  }
}
