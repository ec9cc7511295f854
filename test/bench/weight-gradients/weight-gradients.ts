import {
  concat,
  conv,
  differentiate,
  fixedDim,
  gemm,
  input,
  matMul,
  pad,
  reduceSum,
  reshape,
  slice,
  transpose,
  type Value,
} from '@parallax/graph';

/** A convolution layer of square images and kernels. */
export interface Layer {
  readonly channels: number;
  readonly outputs: number;
  /** Side of the input. */
  readonly side: number;
  readonly kernel: number;
  readonly stride: number;
}

export const layers: readonly Layer[] = [
  { channels: 3, outputs: 32, side: 32, kernel: 3, stride: 2 },
  { channels: 32, outputs: 32, side: 16, kernel: 3, stride: 1 },
  { channels: 32, outputs: 64, side: 16, kernel: 3, stride: 2 },
  { channels: 64, outputs: 64, side: 8, kernel: 3, stride: 1 },
  { channels: 128, outputs: 128, side: 4, kernel: 3, stride: 1 },
  { channels: 64, outputs: 64, side: 32, kernel: 3, stride: 1 },
  { channels: 256, outputs: 256, side: 8, kernel: 3, stride: 1 },
  { channels: 64, outputs: 64, side: 16, kernel: 1, stride: 1 },
];

/** Multiplications and additions of the layer for one image. */
export function operationsOf({ channels, outputs, side, kernel, stride }: Layer): number {
  return 2 * channels * outputs * kernel ** 2 * Math.ceil(side / stride) ** 2;
}

/** A way to compute the weight gradient [O, C, k, k] from the input [N, C, H, W] and the output gradient [N, O, h, w]. */
export type Formulation = (x: Value, g: Value, layer: Layer) => Value;

/** Docs/decisions/002 says what came of these. */
export const formulations: Readonly<Record<string, Formulation>> = {
  'the rule': (x, g, { channels, outputs, kernel, stride }) => {
    const weight = input('weight', [outputs, channels, kernel, kernel]);
    const [gradient] = differentiate(conv(x, weight, null, windowOf(kernel, stride)), [weight], g);
    if (gradient === undefined) throw new Error('expected a gradient');
    return gradient;
  },
  'channels first': (x, g, layer) => {
    const source = transpose(padded(x, layer), [1, 0, 2, 3]);
    const target = reshape(transpose(g, [1, 0, 2, 3]), [layer.outputs, -1]);
    return byPosition(layer, (position) =>
      gemm(target, reshape(shifted(source, g, position, layer), [layer.channels, -1]), { transB: true }),
    );
  },
  'per sample': (x, g, layer) => {
    const source = padded(x, layer);
    const pixels = fixedDim(g.shape, 2) * fixedDim(g.shape, 3);
    const target = reshape(g, [-1, layer.outputs, pixels]);
    return byPosition(layer, (position) => {
      const columns = reshape(shifted(source, g, position, layer), [-1, layer.channels, pixels]);
      return reduceSum(matMul(target, transpose(columns, [0, 2, 1])), [0], false);
    });
  },
  columns: (x, g, layer) => {
    const source = transpose(padded(x, layer), [1, 0, 2, 3]);
    const target = reshape(transpose(g, [1, 0, 2, 3]), [layer.outputs, -1]);
    const columns = concat(
      positions(layer).map((position) => shifted(source, g, position, layer)),
      0,
    );
    const { outputs, channels, kernel } = layer;
    const product = gemm(target, reshape(columns, [kernel ** 2 * channels, -1]), { transB: true });
    return reshape(transpose(reshape(product, [outputs, kernel ** 2, channels]), [0, 2, 1]), [
      outputs,
      channels,
      kernel,
      kernel,
    ]);
  },
  convolution: (x, g, { kernel, side, stride }) => {
    const begin = (kernel - 1) / 2;
    const end = (fixedDim(g.shape, 2) - 1) * stride + kernel - begin - side;
    const options = { dilations: [stride, stride], pads: [begin, begin, end, end] };
    return transpose(conv(transpose(x, [1, 0, 2, 3]), transpose(g, [1, 0, 2, 3]), null, options), [1, 0, 2, 3]);
  },
};

function windowOf(kernel: number, stride: number) {
  const begin = (kernel - 1) / 2;
  return { strides: [stride, stride], pads: [begin, begin, begin, begin] };
}

function padded(x: Value, { kernel }: Layer): Value {
  const amount = (kernel - 1) / 2;
  return pad(x, [0, 0, amount, amount, 0, 0, amount, amount]);
}

function positions({ kernel }: Layer): readonly (readonly [row: number, column: number])[] {
  return Array.from({ length: kernel ** 2 }, (_, index) => [Math.floor(index / kernel), index % kernel]);
}

/** What of axes 2 and 3 meets one position of the kernel. */
function shifted(source: Value, g: Value, [row, column]: readonly [number, number], { stride }: Layer): Value {
  const range = (axis: number, start: number) => {
    const end = start + (fixedDim(g.shape, axis) - 1) * stride + 1;
    return { axis, start, end, step: stride };
  };
  return slice(source, [range(2, row), range(3, column)]);
}

/** Puts a product [O, C] for each position of the kernel together. */
function byPosition(layer: Layer, product: (position: readonly [number, number]) => Value): Value {
  const { outputs, channels, kernel } = layer;
  const products = positions(layer).map((position) => reshape(product(position), [outputs, channels, 1]));
  return reshape(concat(products, 2), [outputs, channels, kernel, kernel]);
}
