import { InputError } from '@parallax/config';
import {
  cast,
  constant,
  div,
  formatShape,
  type Graph,
  inputName,
  isStatic,
  reshape,
  sub,
  transpose,
  type Value,
} from '@parallax/graph';
import { elementCount, float32 } from '@parallax/tensor';
import { modelRefused } from './refused.ts';

/** Channels, height, width. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** How a model takes its images: channels first, channels last, or every image as one row (or as [H, W]). */
export interface InputLayout {
  readonly kind: 'nchw' | 'nhwc' | 'flat';
  readonly input: Value;
  readonly shape: ImageShape;
  /** What was assumed, one sentence each. */
  readonly notes: readonly string[];
}

/** What is done to images in [0, 1] before the model sees them, by channel. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** An image has at most this many channels (red, green, blue, opacity); longer axes are heights and widths. */
const mostChannels = 4;

/**
 * Finds out how a model takes its images.
 * @param shape of one image, [C, H, W], where the user names it.
 * @throws InputError when it takes none, several, no numbers with a fraction, or images of another shape.
 */
export function detectLayout({ inputs }: Graph, shape?: ImageShape): InputLayout {
  const [image, ...others] = inputs;
  if (image === undefined || others.length > 0) {
    throw modelRefused('one input, the images', inputs.map(describeInput).join(', ') || 'none');
  }
  if (image.dtype !== 'float32' && image.dtype !== 'float64') {
    throw modelRefused('images as floating-point numbers', describeInput(image));
  }
  const [batch, ...lengths] = image.shape;
  if (typeof batch === 'number') throw modelRefused('a model for any number of images', describeInput(image));
  if (!isStatic(lengths)) throw modelRefused('images of one shape; name it', describeInput(image));
  if (lengths.length === 3) return channelLayout(image, lengths as unknown as ImageShape, shape);
  return flatLayout(image, lengths, shape);
}

function channelLayout(input: Value, [a, b, c]: ImageShape, wanted: ImageShape | undefined): InputLayout {
  const first = { kind: 'nchw', input, shape: [a, b, c], notes: [] } as const;
  const last: InputLayout = {
    kind: 'nhwc',
    input,
    shape: [c, a, b],
    notes: ['the input has its channels last: a Transpose is put before it'],
  };
  const fits = ({ shape }: InputLayout) => wanted === undefined || shape.every((length, at) => length === wanted[at]);
  const likely = a > mostChannels && c <= mostChannels ? [last, first] : [first, last];
  const found = likely.find(fits);
  if (found === undefined) throw badShape(wanted ?? [], `${describeInput(input)}`);
  if (a > mostChannels || c > mostChannels || wanted !== undefined) return found;
  return { ...found, notes: [...found.notes, `channels are taken to be first in ${formatShape(input.shape)}`] };
}

/** An image as one row, its channels one after the other; or as [H, W] with one channel. */
function flatLayout(input: Value, lengths: readonly number[], wanted: ImageShape | undefined): InputLayout {
  const size = elementCount(lengths);
  const guessed = lengths.length === 2 ? ([1, ...lengths] as unknown as ImageShape) : squareShape(size);
  const shape = wanted ?? guessed;
  if (shape === undefined) throw modelRefused('a shape of one image [C, H, W]; name it', describeInput(input));
  if (elementCount(shape) !== size) throw badShape(shape, describeInput(input));
  const notes = [`an image [${shape.join(', ')}] is given to the model as one row: a Reshape is put before it`];
  return { kind: 'flat', input, shape, notes };
}

/** The square image of three channels, or of one, that has so many numbers. */
function squareShape(size: number): ImageShape | undefined {
  for (const channels of [3, 1]) {
    const side = Math.sqrt(size / channels);
    if (Number.isInteger(side)) return [channels, side, side];
  }
  return undefined;
}

/** Images [N, C, H, W] in [0, 1] → what the model takes. */
export function adaptImages(images: Value, { kind, input }: InputLayout, { mean, deviation }: Normalisation): Value {
  const perChannel = (values: readonly number[]) => constant(float32([1, values.length, 1, 1], values));
  const centred = mean.every((value) => value === 0) ? images : sub(images, perChannel(mean));
  const scaled = deviation.every((value) => value === 1) ? centred : div(centred, perChannel(deviation));
  const arranged = {
    nchw: () => scaled,
    nhwc: () => transpose(scaled, [0, 2, 3, 1]),
    flat: () => reshape(scaled, [-1, ...input.shape.slice(1).map(Number)]),
  }[kind]();
  return cast(arranged, input.dtype);
}

/** Mean and deviation of each channel, complete. @throws InputError naming the field that does not fit. */
export function checkNormalisation({ mean, deviation }: Normalisation, [channels]: ImageShape): Normalisation {
  const violations = Object.entries({ input_mean: mean, input_deviation: deviation })
    .filter(([, values]) => values.length !== 0 && values.length !== channels)
    .map(([field, values]) => ({
      field: `header.${field}`,
      expected: `none, or ${channels}: one a channel`,
      got: `${values.length}`,
    }));
  if (violations.length > 0) throw new InputError(violations);
  const filled = (values: readonly number[], value: number) =>
    values.length === 0 ? Array.from({ length: channels }, () => value) : values;
  return { mean: filled(mean, 0), deviation: filled(deviation, 1) };
}

function badShape(shape: readonly number[], got: string): InputError {
  const expected = `the shape of an image that the model takes, which is ${got}`;
  return new InputError([{ field: 'header.input_shape', expected, got: `[${shape.join(', ')}]` }]);
}

function describeInput(value: Value): string {
  return `${inputName(value)}: ${value.dtype} ${formatShape(value.shape)}`;
}
