import { add, concat, fixedDim, mul, pad, reduceMean, slice, sub, toTheEnd, type Value } from '@parallax/graph';
import { layerNorm, linear, transformerBlock } from '../model/layers.ts';
import type { Initializer, Parameters } from '../model/parameters.ts';
import { patchify } from '../model/patches.ts';
import { flatten } from '../model/shape.ts';
import { type Mask, restore, select } from './mask.ts';
import { sinusoidalPositions } from './positions.ts';

export interface TransformerShape {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
}

/** A masked autoencoder (protocol §2.6). Decoders narrower than the encoder are reached by a linear map. */
export interface MaskedShape {
  /** Side of the patches in pixels. */
  readonly patch: number;
  /** Share of the patches hidden in training. */
  readonly maskRatio: number;
  readonly encoder: TransformerShape;
  readonly decoder: TransformerShape;
  /** What the features are made of: the class token alone, or with the mean of the patch tokens behind it. */
  readonly pooling: 'class' | 'class+mean';
}

const small: Initializer = { law: 'normal', deviation: 0.02 };

/** Images [N, 3, H, W] in [0, 1] → the network's own [-1, 1], in patches [N, tokens, 3·P·P]. */
export function inputPatches(images: Value, { patch }: MaskedShape): Value {
  return patchify(sub(mul(images, 2), 1), patch);
}

/** Features of whole images, nothing hidden: [N, F]. */
export function features(parameters: Parameters, images: Value, shape: MaskedShape): Value {
  const tokens = encodeTokens(parameters, inputPatches(images, shape), shape);
  const first = flatten(slice(tokens, [{ axis: 1, start: 0, end: 1 }]));
  return shape.pooling === 'class' ? first : concat([first, reduceMean(withoutFirst(tokens), [1], false)], 1);
}

/** Patches [N, tokens, 3·P·P] → a class token and one for each patch that the mask leaves: [N, 1 + visible, D]. */
export function encodeTokens(parameters: Parameters, patches: Value, { encoder }: MaskedShape, mask?: Mask): Value {
  const scope = parameters.scope('encoder');
  const count = fixedDim(patches.shape, 1);
  const begin = sinusoidalPositions(Math.sqrt(count), encoder.width);
  const positions = scope.parameter('positions', [count, encoder.width], begin, { decay: false });
  const visible = mask === undefined ? patches : select(mask, patches);
  const seen = linear(scope.scope('embed'), visible, encoder.width, { gain: 1 });
  const placed = add(seen, mask === undefined ? positions : select(mask, positions));
  const token = scope.parameter('class', [1, 1, encoder.width], small, { decay: false });
  return layerNorm(scope.scope('norm'), blocks(scope, withFirst(token, placed), encoder));
}

/** Tokens [N, 1 + visible, D] of a masked image → all patches [N, tokens, 3·P·P], hidden and seen. */
export function decodePatches(
  parameters: Parameters,
  tokens: Value,
  { decoder, encoder, patch }: MaskedShape,
  mask: Mask,
): Value {
  const scope = parameters.scope('decoder');
  const width = decoder.width;
  const count = fixedDim(mask.hidden.shape, 1);
  const known = width === encoder.width ? tokens : linear(scope.scope('bridge'), tokens, width, { gain: 1 });
  const stand = scope.parameter('mask', [1, 1, width], small, { decay: false });
  const begin = sinusoidalPositions(Math.sqrt(count), width, 1);
  const positions = scope.parameter('positions', [count + 1, width], begin, { decay: false });
  const patches = add(restore(mask, withoutFirst(known)), mul(mask.hidden, stand));
  const sequence = concat([slice(known, [{ axis: 1, start: 0, end: 1 }]), patches], 1);
  const decoded = blocks(scope, add(sequence, positions), decoder);
  return linear(scope.scope('pixels'), withoutFirst(decoded), 3 * patch ** 2, { gain: 1 });
}

function blocks(parameters: Parameters, tokens: Value, { depth, heads }: TransformerShape): Value {
  let x = tokens;
  for (let index = 0; index < depth; index++) x = transformerBlock(parameters.scope(`block${index}`), x, heads);
  return x;
}

/** Puts one token, the same for all images, before the others. */
function withFirst(token: Value, tokens: Value): Value {
  const count = fixedDim(tokens.shape, 1);
  return add(pad(tokens, [0, 1, 0, 0, 0, 0]), pad(token, [0, 0, 0, 0, count, 0]));
}

function withoutFirst(tokens: Value): Value {
  return slice(tokens, [{ axis: 1, start: 1, end: toTheEnd }]);
}
