import { add, cast, less, mul } from '../../build.ts';
import { formatShape, isStatic } from '../../dims.ts';
import { input, type Value } from '../../value.ts';
import { batchSymbol } from './batch.ts';
import { type Call, type Context, operand } from './call.ts';
import { ImportError } from './import-error.ts';

/** Random numbers that a model asks for, as an input of its graph: [N, …], drawn for each sample by whoever runs it. */
export interface NoiseInput {
  readonly input: Value;
  /** Uniform numbers are in [0, 1), normal ones standard. */
  readonly law: 'uniform' | 'normal';
}

/** Draws of a model that become inputs of its graph. */
export class Noise {
  readonly inputs: NoiseInput[] = [];

  /**
   * What a random operator gives; undefined for every other operator, and for those that give one draw to a whole batch.
   * @throws ImportError when what it is like is no batch of samples.
   */
  draw(call: Call, context: Context): Value | undefined {
    const { op, attributes } = call;
    const number = (name: string, standard: number) => attributes.get(name, 'float') ?? standard;
    switch (op) {
      case 'RandomNormalLike':
        return this.like(call, 'normal', context, (draw) => scaled(draw, number('scale', 1), number('mean', 0)));
      case 'RandomUniformLike': {
        const low = number('low', 0);
        return this.like(call, 'uniform', context, (draw) => scaled(draw, number('high', 1) - low, low));
      }
      case 'Bernoulli':
        return this.like(call, 'uniform', context, (draw, x) => less(draw, cast(x, 'float32')));
      default:
        return undefined;
    }
  }

  private like(
    call: Call,
    law: NoiseInput['law'],
    { elementType, note, budget }: Context,
    make: (draw: Value, x: Value) => Value,
  ): Value {
    const x = operand(call, 0, 'input');
    const [batch, ...dims] = x.shape;
    if (batch !== batchSymbol || !isStatic(dims)) {
      throw new ImportError(`input: expected a draw for each sample, [${batchSymbol}, …], got ${formatShape(x.shape)}`);
    }
    if (call.attributes.has('seed'))
      note('Noise is drawn for each sample, seed and draw: the seed of the file is not used.');
    const drawn = input(`noise.${this.inputs.length}`, x.shape);
    budget.value(drawn, call.inputs);
    this.inputs.push({ input: drawn, law });
    const dtype = call.attributes.get('dtype', 'int');
    return cast(make(drawn, x), dtype === undefined ? x.dtype : elementType('dtype', dtype));
  }
}

function scaled(draw: Value, scale: number, shift: number): Value {
  const wide = scale === 1 ? draw : mul(draw, scale);
  return shift === 0 ? wide : add(wide, shift);
}
