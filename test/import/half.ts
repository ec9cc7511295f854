import { decodeTensorProto } from '@parallax/graph';
import { decodeMessage, encodeMessage, type Message } from '@parallax/graph/wire';
import { toNumbers } from '@parallax/tensor';

/** `TensorProto.DataType` numbers. */
const types = { float32: 1, float16: 10, bfloat16: 16 } as const;

/** The first operator set whose Cast takes bfloat16. The operators of the models that are rewritten mean the same in it. */
const opset = 13;

export type Half = 'float16' | 'bfloat16';

/**
 * The same model with float32 weights stored in half precision. `weights`: each is cast back before it is used; `all`:
 * everything between the inputs and the outputs is computed in half precision.
 */
export function inHalf(bytes: Uint8Array, half: Half, scope: 'weights' | 'all'): Uint8Array {
  const model = decodeMessage('ModelProto', bytes);
  const graph = model.graph ?? {};
  const isWide = ({ dataType }: Message<'TensorProto'>): boolean => dataType === types.float32;
  const wide = (graph.initializer ?? []).filter(isWide);
  const narrow = wide.map((each) => stored(each, half, scope === 'weights' ? '.half' : ''));
  const casts = wide.map(({ name = '' }) => cast(`${name}.half`, name, types.float32));
  const whole = scope === 'weights' ? { ...graph, node: [...casts, ...(graph.node ?? [])] } : between(graph, half);
  const initializer = [...(graph.initializer ?? []).filter((each) => !isWide(each)), ...narrow];
  return encodeMessage('ModelProto', { ...model, opsetImport: [{ version: opset }], graph: { ...whole, initializer } });
}

/** The nodes of a graph between a cast of its inputs to half precision and one of its outputs back. */
function between(graph: Message<'GraphProto'>, half: Half): Message<'GraphProto'> {
  const inputs = (graph.input ?? []).map(({ name = '' }) => name);
  const outputs = (graph.output ?? []).map(({ name = '' }) => name);
  const inner = (name: string): string => (inputs.includes(name) || outputs.includes(name) ? `${name}.half` : name);
  const node = (graph.node ?? []).map((each) => ({
    ...each,
    input: (each.input ?? []).map(inner),
    output: (each.output ?? []).map(inner),
  }));
  const before = inputs.map((name) => cast(name, inner(name), types[half]));
  const after = outputs.map((name) => cast(inner(name), name, types.float32));
  return { ...graph, node: [...before, ...node, ...after] };
}

function cast(input: string, output: string, to: number): Message<'NodeProto'> {
  return { opType: 'Cast', input: [input], output: [output], attribute: [{ name: 'to', type: 2, i: to }] };
}

function stored(tensor: Message<'TensorProto'>, half: Half, suffix: string): Message<'TensorProto'> {
  const { name = '', dims = [] } = tensor;
  const numbers = toNumbers(decodeTensorProto(encodeMessage('TensorProto', tensor)));
  const bits = Uint16Array.from(numbers, half === 'float16' ? float16Bits : bfloat16Bits);
  return { name: `${name}${suffix}`, dims, dataType: types[half], rawData: new Uint8Array(bits.buffer) };
}

/** Sign, 5 bits of exponent, 10 of fraction; to nearest, ties to even. */
export function float16Bits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // Beyond the middle between the largest half, 65504, and what would follow it, it is infinite.
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  // Rounded up to the next power of two, the fraction carries into the exponent by itself.
  const units = roundedToEven(size / 2 ** (exponent - 10));
  return sign | (size < 2 ** -14 ? units : units + ((exponent + 14) << 10));
}

/** The upper half of a float32; to nearest, ties to even. */
export function bfloat16Bits(value: number): number {
  const word = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  return roundedToEven(word / 2 ** 16);
}

function roundedToEven(value: number): number {
  const down = Math.floor(value);
  const over = value - down;
  return over > 0.5 || (over === 0.5 && down % 2 === 1) ? down + 1 : down;
}
