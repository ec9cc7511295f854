import {
  apply,
  constant,
  constantTensor,
  createBody,
  type Graph,
  GraphError,
  input,
  inputName,
  type Node,
  topologicalOrder,
  type Value,
} from '@parallax/graph';
import { createTensor } from '@parallax/tensor';

/** `TensorProto.DataType` numbers of the ONNX specification. */
const onnxFloat32 = 1;
const onnxFloat64 = 11;

/**
 * The same computation in float64: float32 inputs, constants and casts become float64; everything else stays.
 * @throws GraphError when an operator cannot follow, or the graph has loops.
 */
export function widen({ inputs, outputs }: Graph): Graph {
  const wide = new Map<Value, Value>();
  for (const value of inputs) {
    wide.set(value, value.dtype === 'float32' ? input(inputName(value), value.shape, 'float64') : value);
  }
  const widened = (value: Value): Value => {
    const known = wide.get(value) ?? widenConstant(value);
    wide.set(value, known);
    return known;
  };
  for (const node of topologicalOrder(outputs.map(({ value }) => value))) {
    const results = apply(node.op, node.inputs.map((value) => value && widened(value)) as never, widenAttributes(node));
    node.outputs.forEach((value, index) => {
      wide.set(value, results[index] ?? value);
    });
  }
  return createBody(
    inputs.map(widened),
    outputs.map(({ name, value }) => ({ name, value: widened(value) })),
  );
}

function widenConstant(value: Value): Value {
  const tensor = constantTensor(value);
  if (tensor?.dtype !== 'float32') return value;
  return constant(createTensor('float64', tensor.dims, Float64Array.from(tensor.data as Float32Array)));
}

function widenAttributes({ op, attributes }: Node): object {
  if ('body' in attributes) throw new GraphError(op, 'expected a graph without loops');
  return op === 'Cast' && 'to' in attributes && attributes.to === onnxFloat32
    ? { ...attributes, to: onnxFloat64 }
    : attributes;
}
