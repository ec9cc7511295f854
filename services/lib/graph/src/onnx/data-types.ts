import type { DataType } from '@parallax/tensor';

/** `TensorProto.DataType` numbers of the ONNX specification. */
const numbers: { readonly [D in DataType]: number } = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

export function onnxType(dtype: DataType): number {
  return numbers[dtype];
}

/** The element type of an ONNX number, or undefined when we have none for it. */
export function dataTypeOf(number: number): DataType | undefined {
  return (Object.keys(numbers) as DataType[]).find((dtype) => numbers[dtype] === number);
}
