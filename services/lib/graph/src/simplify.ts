import { sameShape } from './dims.ts';
import type { Graph } from './graph.ts';
import { type Rule, rewrite } from './rewrite.ts';
import { constantTensor, type Node, type Value } from './value.ts';

/** A constant with at most this many elements is shared by content; larger ones (weights) by identity. */
const sharedConstantElements = 64;

/**
 * The same graph with every computation in it once: equal operators on equal inputs become one node, and operators
 * that do nothing (adding 0, multiplying by 1, reshaping to the same shape) go.
 */
export function simplify(graph: Graph): Graph {
  const identity = createIdentities();
  const constants = new Map<string, Value>();
  const nodes = new Map<string, Node>();
  const shareNode: Rule = (node) => {
    const unchanged = passThrough(node);
    if (unchanged !== undefined) return [unchanged];
    const inputs = node.inputs.map(identity).join();
    const attributes = JSON.stringify(node.attributes, (name, value) => (name === 'body' ? identity(value) : value));
    return keepFirst(nodes, `${node.op} ${inputs} ${attributes}`, node).outputs;
  };
  const shareConstant = (value: Value): Value => {
    const key = contentKey(value);
    return key === undefined ? value : keepFirst(constants, key, value);
  };
  return rewrite(graph, shareNode, shareConstant);
}

/** What stands under a key already, or the given value from now on. */
function keepFirst<T>(known: Map<string, T>, key: string, value: T): T {
  const first = known.get(key) ?? value;
  known.set(key, first);
  return first;
}

/** Numbers objects in the order they are first seen, so that they can be part of a key. */
function createIdentities(): (object: unknown) => number {
  const numbers = new Map<unknown, number>();
  return (object) => {
    const number = numbers.get(object) ?? numbers.size;
    numbers.set(object, number);
    return number;
  };
}

function contentKey(value: Value): string | undefined {
  const tensor = constantTensor(value);
  if (tensor === undefined || tensor.data.length > sharedConstantElements) return undefined;
  return `${tensor.dtype} ${tensor.dims.join()} ${Array.from<number | bigint, string>(tensor.data as ArrayLike<number | bigint>, written).join()}`;
}

/** 0 and -0 are different constants. */
function written(number: number | bigint): string {
  return Object.is(number, -0) ? '-0' : `${number}`;
}

/** The input that a node gives out unchanged, if it does. */
function passThrough({ op, inputs: [a, b], outputs: [y] }: Node): Value | undefined {
  if (!a || !y) return undefined;
  const same = (value: Value): Value | undefined =>
    value.dtype === y.dtype && sameShape(value.shape, y.shape) ? value : undefined;
  if (op === 'parallax.WithGradientOf' && a === b) return a;
  if (op === 'Identity' || op === 'Reshape' || op === 'Expand') return same(a);
  if ((op === 'Add' || op === 'Sub') && isFilled(b, 0)) return same(a);
  if ((op === 'Mul' || op === 'Div') && isFilled(b, 1)) return same(a);
  if (op === 'Add' && b && isFilled(a, 0)) return same(b);
  if (op === 'Mul' && b && isFilled(a, 1)) return same(b);
  return undefined;
}

/** Whether a value is a constant that has one number everywhere. */
function isFilled(value: Value | null | undefined, wanted: number): boolean {
  const tensor = constantTensor(value);
  return tensor !== undefined && Array.prototype.every.call(tensor.data, (number) => Number(number) === wanted);
}
