import type { OpName } from '../signatures.ts';
import type { Message } from './wire.ts';

const domain = 'parallax';
const withGradientOf = 'WithGradientOf';

/** The operator of ours that is no operator of the standard, as {@link qualifiedName} names it. */
const operator: OpName = 'parallax.WithGradientOf';

/** An operator as a file names it. */
export interface FileName {
  readonly opType: string;
  /** Absent: the standard's. */
  readonly domain?: string;
}

/** `parallax.WithGradientOf` is `WithGradientOf` of domain `parallax`. */
export function fileName(op: OpName): FileName {
  return op === operator ? { opType: withGradientOf, domain } : { opType: op };
}

/** An operator by its name, with its domain before it unless that is the standard's, which has two names. */
export function qualifiedName({ opType = '', domain: own = '' }: Message<'NodeProto'>): string {
  return own === '' || own === 'ai.onnx' ? opType : `${own}.${opType}`;
}

/**
 * What a file says besides its graph when an operator of ours is in it: a function that any runtime can run, as it is
 * the value alone. The gradient is in the name.
 */
export function ownFunctions(version: number): Pick<Message<'ModelProto'>, 'functions' | 'opsetImport'> {
  const standard = { domain: '', version };
  const identity = { opType: 'Identity', input: ['value'], output: ['y'] };
  const definition = {
    name: withGradientOf,
    domain,
    input: ['value', 'surrogate'],
    output: ['y'],
    node: [identity],
    opsetImport: [standard],
  };
  return { opsetImport: [standard, { domain, version: 1 }], functions: [definition] };
}

/** Whether a function of a file is that of {@link ownFunctions}: under its name, its first input as it is. */
export function isOwnFunction({
  name,
  domain: own,
  input = [],
  output = [],
  node = [],
}: Message<'FunctionProto'>): boolean {
  const [only, ...others] = node;
  return (
    name === withGradientOf &&
    own === domain &&
    input.length === 2 &&
    output.length === 1 &&
    others.length === 0 &&
    only?.opType === 'Identity' &&
    (only.domain ?? '') === '' &&
    only.input?.[0] === input[0] &&
    only.output?.[0] === output[0]
  );
}
