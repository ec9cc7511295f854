import { InputError } from '@parallax/config';
import { createTensor } from '@parallax/tensor';
import { assertImageSet, type ImageSet } from '../image-set.ts';
import { type NumpyArray, parseNpy } from './npy.ts';
import { readZip } from './npz.ts';

/** A file and what errors call it. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes an image set of NumPy files: images `[N,C,H,W]`, of float in [0,1] or of uint8, and their labels, integers `[N]`. An
 * archive (`.npz`) holds both, as `images` (or `x`) and `labels` (or `y`). Sample ids count from 0; classes have their
 * numbers for names.
 * @throws CorruptDataError for a file that is damaged or something else; InputError for arrays that are no images and labels.
 */
export function imagesFromNumpy(images: NamedFile, labels: NamedFile | undefined): ImageSet {
  const isArchive = images.bytes[0] === 0x50 && images.bytes[1] === 0x4b;
  const files = isArchive ? readZip(images.bytes, images.name) : undefined;
  const { bytes, name } = files === undefined ? images : fileIn(files, images.name, ['images', 'x']);
  const pixels = parseNpy(bytes, name);
  const named = labels ?? (files && fileIn(files, images.name, ['labels', 'y']));
  if (named === undefined) {
    throw new InputError([{ field: 'labels', expected: 'a file of labels beside the images', got: 'none' }]);
  }
  const set = {
    images: tensorOf(pixels, name),
    labels: classesFromNumpy(named),
    sampleIds: Int32Array.from({ length: pixels.shape[0] ?? 0 }, (_, id) => id),
  };
  const most = set.labels.reduce((known, label) => Math.max(known, label), 0);
  const whole: ImageSet = { ...set, classes: Array.from({ length: most + 1 }, (_, label) => String(label)) };
  assertImageSet(whole);
  return whole;
}

function fileIn(files: ReadonlyMap<string, Uint8Array>, archive: string, names: readonly string[]): NamedFile {
  const name = names.find((each) => files.has(`${each}.npy`));
  const bytes = files.get(`${name}.npy`);
  if (bytes !== undefined) return { name: `${archive}: ${name}`, bytes };
  const got = [...files.keys()].join(', ') || 'nothing';
  throw new InputError([{ field: archive, expected: `an array ${names.join(' or ')}`, got }]);
}

function tensorOf({ shape, values }: NumpyArray, name: string): ImageSet['images'] {
  const [, channels = 0, , width = 0] = shape;
  const looksTurned = shape.length === 4 && channels > 4 && width <= 4;
  if (shape.length !== 4 || looksTurned) {
    const hint = looksTurned ? ', which looks like [N, H, W, C]' : '';
    throw new InputError([{ field: name, expected: 'images [N, C, H, W]', got: `[${shape.join(', ')}]${hint}` }]);
  }
  if (values instanceof Uint8Array) return createTensor('uint8', shape, values);
  if (values instanceof Int32Array) {
    throw new InputError([{ field: name, expected: 'images of float in [0,1], or of uint8', got: 'int32' }]);
  }
  return createTensor('float32', shape, Float32Array.from(values));
}

/** Classes, integers `[N]`, of a NumPy file. @throws as {@link imagesFromNumpy}. */
export function classesFromNumpy({ bytes, name }: NamedFile): Int32Array {
  const { shape, values } = parseNpy(bytes, name);
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= 2 ** 31);
  if (shape.length === 1 && wrong < 0) return Int32Array.from(values);
  const got = wrong < 0 ? `[${shape.join(', ')}]` : `${values[wrong]} at ${wrong}`;
  throw new InputError([{ field: name, expected: 'classes [N], integers from 0 on', got }]);
}
