import { type Dim, formatShape, type Shape } from '../../dims.ts';
import { input, type Value } from '../../value.ts';
import type { Message } from '../wire.ts';
import { batchSymbol } from './batch.ts';
import { halfTypes } from './half.ts';
import { ImportError, shown } from './import-error.ts';
import { elementType } from './tensors.ts';

/** An input as the file declares it. An open length is undefined, or the name that the file gives it. */
export interface Declared {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly (number | string | undefined)[];
}

/** @throws ImportError when an input is no tensor, or has an impossible length. */
export function declaredInput({ name = '', type }: Message<'ValueInfoProto'>): Declared {
  const tensor = type?.tensorType;
  if (tensor?.shape === undefined) throw new ImportError(`input ${shown(name)}: expected a tensor of known rank`);
  const dims = (tensor.shape.dim ?? []).map(({ dimValue, dimParam }) => {
    if (dimValue !== undefined && dimValue > 0) {
      if (!Number.isSafeInteger(dimValue))
        throw new ImportError(`input ${shown(name)}: length ${dimValue} is too large`);
      return dimValue;
    }
    // Exporters write an unknown length as 0 or -1 too.
    if (dimValue !== undefined && dimValue < -1) {
      throw new ImportError(`input ${shown(name)}: expected lengths from 0, got ${dimValue}`);
    }
    return dimParam === undefined || dimParam === '' ? undefined : dimParam;
  });
  return { name, elementType: tensor.elemType ?? 0, dims };
}

function isFloat({ elementType: type }: Declared): boolean {
  return type === 1 || type === 11 || halfTypes.has(type);
}

/** The image among the inputs: the one float input of rank 4, else the one float input. */
export function imageInput(inputs: readonly Declared[]): Declared | undefined {
  const floats = inputs.filter(isFloat);
  const images = floats.filter(({ dims }) => dims.length === 4);
  if (images.length === 1) return images[0];
  return floats.length === 1 ? floats[0] : undefined;
}

/** The batch length written into the image input, when the file fixes it. */
export function fixedBatch(image: Declared | undefined): number | undefined {
  const length = image === undefined || image.dims.length < 2 ? undefined : image.dims[0];
  return typeof length === 'number' ? length : undefined;
}

/**
 * The values of the inputs. The leading length is the batch where the file leaves it open, or where it is `rebatched`,
 * the fixed batch of the file.
 * @throws ImportError when an image has another open length and `shape` does not give it.
 */
export function inputValues(
  inputs: readonly Declared[],
  shape: readonly number[] | undefined,
  rebatched: number | undefined,
): readonly Value[] {
  const image = imageInput(inputs);
  const batchName = inputs.map(({ dims }) => dims[0]).find((dim) => typeof dim === 'string');
  return inputs.map((declared) => {
    const given = declared === image ? shape : undefined;
    if (given !== undefined && given.length !== declared.dims.length - 1) {
      throw new ImportError(
        `input shape: expected ${declared.dims.length - 1} lengths for input ${shown(declared.name)}, got [${given.join(', ')}]`,
      );
    }
    const dims = declared.dims.map((dim, axis): Dim => {
      if (axis === 0 && declared.dims.length > 1) return leading(dim, rebatched);
      if (dim !== undefined && dim === batchName) return batchSymbol;
      if (typeof dim === 'number') return requireGiven(declared, axis, dim, given?.[axis - 1]);
      return given?.[axis - 1] ?? symbolFor(declared, axis, dim);
    });
    if (declared === image) requireClosed(declared, dims);
    return input(declared.name, dims, elementType(`input ${shown(declared.name)}`, declared.elementType));
  });
}

function leading(dim: number | string | undefined, rebatched: number | undefined): Dim {
  if (typeof dim !== 'number') return batchSymbol;
  return dim === rebatched ? batchSymbol : dim;
}

function requireGiven({ name }: Declared, axis: number, dim: number, given: number | undefined): number {
  if (given === undefined || given === dim) return dim;
  throw new ImportError(`input shape: expected ${dim} on axis ${axis} of input ${shown(name)}, got ${given}`);
}

/** A name for an open length that no arithmetic on lengths misreads. */
function symbolFor({ name }: Declared, axis: number, dim: string | undefined): string {
  const plain = (dim ?? `${name}_${axis}`).replace(/\W/g, '_');
  return plain === batchSymbol || !/^[A-Za-z_]/.test(plain) ? `_${plain}` : plain;
}

function requireClosed({ name }: Declared, dims: Shape): void {
  if (dims.slice(1).every((dim) => typeof dim === 'number')) return;
  throw new ImportError(
    `input ${shown(name)}: expected a shape known but for the batch, got ${formatShape(dims)}; name the shape of an image`,
  );
}
