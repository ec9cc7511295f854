import { InputError } from '@parallax/config';
import { decodeTensor, elementCount, type Tensor, type WireTensor } from '@parallax/tensor';
import { toUnit } from './dataset.ts';

/** What images somebody sent must be. */
export interface ExpectedImages {
  /** Name of the field, for errors. */
  readonly field: string;
  /** [C,H,W]; any when absent. */
  readonly shape?: readonly number[];
  /** How many; at least one when absent. */
  readonly count?: number;
}

const bytesPerPixel: Readonly<Record<string, number>> = { FP32: 4, UINT8: 1 };

/**
 * Reads images off the wire: FP32 in [0,1], or UINT8, which are divided by 255 → float32 [N,C,H,W].
 * @throws InputError naming the part that is wrong: datatype, shape, contents, or the first pixel out of range.
 */
export function parseImages(given: WireTensor | undefined, expected: ExpectedImages): Tensor<'float32'> {
  const { field, shape = ['C', 'H', 'W'], count = 'N' } = expected;
  const wanted = `[${[count, ...shape].join(', ')}]`;
  if (given === undefined) throw refused(field, `images ${wanted}, FP32 or UINT8`, 'nothing');
  const size = Object.hasOwn(bytesPerPixel, given.datatype) ? bytesPerPixel[given.datatype] : undefined;
  if (size === undefined) throw refused(`${field}.datatype`, 'FP32 or UINT8', JSON.stringify(given.datatype));
  if (!fits(given.shape, expected)) throw refused(`${field}.shape`, wanted, `[${given.shape.join(', ')}]`);
  const bytes = elementCount(given.shape) * size;
  if (given.contents.byteLength !== bytes) {
    const reason = `${bytes} bytes for ${given.datatype} [${given.shape.join(', ')}]`;
    throw refused(`${field}.contents`, reason, `${given.contents.byteLength} bytes`);
  }
  const tensor = decodeTensor(given);
  if (tensor.dtype === 'uint8') return toUnit(tensor as Tensor<'uint8'>);
  assertPixels(tensor as Tensor<'float32'>, field);
  return tensor as Tensor<'float32'>;
}

function fits(shape: readonly number[], { shape: image, count }: ExpectedImages): boolean {
  const [rows = 0, ...rest] = shape;
  if (rest.length !== 3 || !shape.every((length) => Number.isInteger(length) && length >= 1)) return false;
  return (
    (count === undefined || rows === count) && (image === undefined || rest.every((dim, axis) => dim === image[axis]))
  );
}

function assertPixels({ dims, data }: Tensor<'float32'>, field: string): void {
  for (let at = 0; at < data.length; at++) {
    const pixel = data[at] as number;
    if (pixel >= 0 && pixel <= 1) continue;
    throw refused(`${field}.contents`, 'pixels in [0, 1]', `${pixel} at [${position(at, dims).join(', ')}]`);
  }
}

/** Indices of an element, outermost first. */
function position(at: number, dims: readonly number[]): readonly number[] {
  const indices: number[] = [];
  let rest = at;
  for (const length of [...dims].reverse()) {
    indices.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return indices;
}

function refused(field: string, expected: string, got: string): InputError {
  return new InputError([{ field, expected, got }]);
}
