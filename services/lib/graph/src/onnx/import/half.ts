/** `TensorProto.DataType` of float16 and bfloat16. */
const float16 = 10;
const bfloat16 = 16;

export const halfTypes: ReadonlySet<number> = new Set([float16, bfloat16]);

/** Numbers of half precision, given by their bits, as float32. Exact: every half is a float32. */
export function widened(type: number, bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  const numbers = new Float32Array(words.buffer);
  if (type === bfloat16) {
    for (const [index, half] of bits.entries()) words[index] = half << 16;
    return numbers;
  }
  for (const [index, half] of bits.entries()) {
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    // Subnormals are fractions of 2⁻¹⁴; an exponent of all ones is infinite or no number.
    if (exponent === 0) numbers[index] = fraction * 2 ** -24;
    else words[index] = ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    words[index] = (words[index] ?? 0) | ((half & 0x8000) << 16);
  }
  return numbers;
}
