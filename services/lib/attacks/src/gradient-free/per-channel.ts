import { greaterOrEqual, reduceSum, reshape, slice, type Value, where } from '@parallax/graph';

/** Numbers `from` to `to` - 1 of every sample, one a channel: [N,M] → [N,to - from,1,1]. */
export function besideChannels(numbers: Value, from: number, to: number): Value {
  return reshape(slice(numbers, [{ axis: 1, start: from, end: to }]), [-1, to - from, 1, 1]);
}

/** Sums over one channel: [N,C,H,W] → [N,C,1,1]. */
export function sumPerChannel(x: Value): Value {
  return reduceSum(reduceSum(x, [3]), [2]);
}

/** 1 or -1, as a uniform number in [0,1) falls. */
export function eitherSign(uniform: Value): Value {
  return where(greaterOrEqual(uniform, 0.5), 1, -1);
}
