import { allocate, createTensor, type DataType, type Tensor } from '@parallax/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { RuntimeError } from '../engine.ts';
import { useBackend } from './backend.ts';

type DeviceType = 'float32' | 'int32' | 'bool';

/** What stands for an element type in tfjs, which has neither float64 nor integers of other widths. */
const deviceTypes: { readonly [D in DataType]: DeviceType | null } = {
  float32: 'float32',
  float64: null,
  int64: 'int32',
  int32: 'int32',
  int16: 'int32',
  int8: 'int32',
  uint64: 'int32',
  uint32: 'int32',
  uint16: 'int32',
  uint8: 'int32',
  bool: 'bool',
};

const largestInt32 = 2 ** 31 - 1;

/** @throws RuntimeError when tfjs has nothing for the element type. */
export function deviceType(dtype: DataType): DeviceType {
  const found = deviceTypes[dtype];
  if (found === null) throw new RuntimeError(`tfjs: expected float32, integers or bool, got ${dtype}`);
  return found;
}

/**
 * A tensor while a graph runs: on the host, on one or more backends, or both; it is moved when it is first asked for
 * elsewhere. 64-bit integers are carried by backends as 32-bit ones, and on the host as they are.
 */
export class Operand {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  private host: Tensor | undefined;
  private readonly devices = new Map<string, tf.Tensor>();

  private constructor(dtype: DataType, dims: readonly number[]) {
    this.dtype = dtype;
    this.dims = dims;
  }

  static fromHost(tensor: Tensor): Operand {
    const operand = new Operand(tensor.dtype, tensor.dims);
    operand.host = tensor;
    return operand;
  }

  /** Takes over a tensor that the backend in use has computed. */
  static fromDevice(dtype: DataType, tensor: tf.Tensor): Operand {
    const operand = new Operand(dtype, tensor.shape);
    operand.devices.set(tf.getBackend(), tf.keep(tensor));
    return operand;
  }

  /**
   * On the backend in use. It belongs to the operand: a kernel must not dispose of it.
   * @throws RuntimeError when an integer does not fit into 32 bits.
   */
  get tensor(): tf.Tensor {
    const backend = tf.getBackend();
    const known = this.devices.get(backend);
    if (known !== undefined) return known;
    const made = tf.keep(tf.tensor(deviceData(this.toHost()), [...this.dims], deviceType(this.dtype)));
    this.devices.set(backend, made);
    return made;
  }

  /** The elements in row-major order. Integers beyond 2^53 lose precision. */
  get numbers(): readonly number[] {
    return Array.from(this.toHost().data as ArrayLike<number | bigint>, Number);
  }

  /** Whether a tensor is one that {@link tensor} gave out. */
  owns(tensor: tf.Tensor): boolean {
    return [...this.devices.values()].includes(tensor);
  }

  get isFloat(): boolean {
    return this.dtype === 'float32';
  }

  /** On the host. Whoever gives it away gives away a copy. */
  toHost(): Tensor {
    const [device] = this.devices.values();
    if (this.host === undefined && device !== undefined) this.host = fromDevice(this, device);
    if (this.host === undefined) throw new RuntimeError('tfjs: a tensor was read after it had been freed');
    return this.host;
  }

  /** The same tensor for another owner; memory is shared and freed with the last of them. */
  copy(): Operand {
    const other = new Operand(this.dtype, this.dims);
    other.host = this.host;
    for (const [backend, tensor] of this.devices) {
      useBackend(backend);
      other.devices.set(backend, tf.keep(tf.clone(tensor)));
    }
    return other;
  }

  dispose(): void {
    for (const tensor of this.devices.values()) tensor.dispose();
    this.devices.clear();
    this.host = undefined;
  }
}

function deviceData({ dtype, data }: Tensor): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return data as Float32Array;
  return Int32Array.from(data as ArrayLike<number | bigint>, (value) => {
    const number = Number(value);
    if (Math.abs(number) <= largestInt32) return number;
    throw new RuntimeError(`tfjs: expected an ${dtype} within 32 bits, got ${value}`);
  });
}

function fromDevice({ dtype, dims }: Operand, tensor: tf.Tensor): Tensor {
  const values = tensor.dataSync<'float32'>();
  const data = allocate(dtype, values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.set(Array.from(values, BigInt));
  else data.set(values);
  return createTensor(dtype, dims, data);
}
