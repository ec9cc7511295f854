import type { DataType } from '@parallax/tensor';
import { constant, type Value } from '../../value.ts';
import { isOwnFunction, qualifiedName } from '../own-functions.ts';
import type { Message } from '../wire.ts';
import { type Attributes, readAttributes } from './attributes.ts';
import type { Batch } from './batch.ts';
import { Budget } from './budget.ts';
import { type Call, type Context, unsupported } from './call.ts';
import { Grids } from './grids.ts';
import { halfTypes } from './half.ts';
import { ImportError, shown } from './import-error.ts';
import type { Knowledge } from './knowledge.ts';
import type { ImportLimits } from './limits.ts';
import { applyCall, atNode, isKnownOperator } from './node-importer.ts';
import type { Noise } from './noise.ts';
import { elementType, type ReadExternal, readTensor, tensorLabel } from './tensors.ts';

/** Operator sets by domain; the standard domain is ''. */
export type OperatorSets = ReadonlyMap<string, number>;

export interface Importing {
  readonly knowledge: Knowledge;
  readonly batch: Batch;
  readonly limits: ImportLimits;
  readonly readExternal: ReadExternal;
  readonly functions: ReadonlyMap<string, Message<'FunctionProto'>>;
  readonly note: (sentence: string) => void;
  /** Where draws become inputs; absent: they are refused. */
  readonly noise: Noise | undefined;
}

/** Names of one graph or function body, and what surrounds it. */
interface Frame {
  readonly scope: Map<string, Value>;
  readonly outer: Frame | undefined;
  readonly operatorSets: OperatorSets;
  /** Attributes of the call, in the body of a function. */
  readonly bound: Attributes | undefined;
  /** Functions that are being inlined, the innermost last. */
  readonly calls: readonly string[];
  readonly depth: number;
}

export function functionKey(
  domain: string | undefined,
  name: string | undefined,
  overload: string | undefined,
): string {
  return `${standard(domain)}.${name ?? ''}.${overload ?? ''}`;
}

/** The standard domain has two names. */
export function standard(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

/** Walks the nodes of a graph and of all it calls, in their order. */
export class GraphImporter {
  private readonly importing: Importing;
  private readonly budget: Budget;
  private readonly grids: Grids;

  constructor(importing: Importing) {
    this.importing = importing;
    this.budget = new Budget(importing.limits);
    this.grids = new Grids(importing.knowledge);
  }

  /** The named values of the main graph. `inputs` are the values of its inputs by name. */
  run(
    graph: Message<'GraphProto'>,
    inputs: ReadonlyMap<string, Value>,
    operatorSets: OperatorSets,
  ): ReadonlyMap<string, Value> {
    const frame: Frame = {
      scope: new Map(inputs),
      outer: undefined,
      operatorSets,
      bound: undefined,
      calls: [],
      depth: 0,
    };
    this.body(graph, frame);
    return frame.scope;
  }

  private body(graph: Message<'GraphProto'>, frame: Frame): void {
    if (frame.depth > this.importing.limits.nesting) {
      throw new ImportError(`expected at most ${this.importing.limits.nesting} graphs within each other`);
    }
    if (graph.sparseInitializer !== undefined) throw new ImportError('expected dense initializers, got a sparse one');
    for (const each of graph.initializer ?? [])
      define(frame, each.name ?? '', this.tensor(tensorLabel(each.name), each));
    for (const node of graph.node ?? []) this.node(node, frame);
  }

  private node(node: Message<'NodeProto'>, frame: Frame): void {
    this.budget.node();
    try {
      const inputs = (node.input ?? []).map((name) => (name === '' ? null : lookUp(frame, name)));
      const outputs = this.outputs(node, inputs, frame);
      for (const [index, name] of (node.output ?? []).entries()) {
        if (name === '') continue;
        const value = outputs[index];
        if (value === undefined)
          throw new ImportError(`output ${shown(name)}: expected at most ${outputs.length} outputs`);
        define(frame, name, value);
      }
    } catch (error) {
      throw atNode(error, shown(node.name || node.output?.[0] || '?'), shown(qualifiedName(node)));
    }
  }

  private outputs(node: Message<'NodeProto'>, inputs: readonly (Value | null)[], frame: Frame): readonly Value[] {
    const attributes = readAttributes(node.attribute ?? [], frame.bound);
    const key = functionKey(node.domain, node.opType, node.overload);
    const called = this.importing.functions.get(key);
    const op = qualifiedName(node);
    if (called !== undefined && !isOwnFunction(called) && (standard(node.domain) !== '' || !isKnownOperator(op))) {
      return this.call(called, key, inputs, attributes, frame);
    }
    const used = node.output ?? [];
    const call: Call = {
      op,
      opset: frame.operatorSets.get(standard(node.domain)) ?? 1,
      inputs: withoutTrailing(inputs),
      attributes,
      // A trailing output without a name is not asked for.
      outputs: used.findLastIndex((name) => name !== '') + 1,
    };
    if (isKnownOperator(op)) return applyCall(call, this.context(frame));
    const drawn = this.importing.noise?.draw(call, this.context(frame));
    if (drawn === undefined) throw unsupported(call);
    return [drawn];
  }

  private context(frame: Frame): Context {
    const { knowledge, batch, note } = this.importing;
    return {
      knowledge,
      batch,
      grids: this.grids,
      budget: this.budget,
      note,
      tensor: (what, message) => this.tensor(what, message),
      elementType: (what, number): DataType => elementType(what, number),
      evaluate: (graph, inputs) => this.evaluate(graph, inputs, frame),
    };
  }

  /** A function is its body, with the arguments in the place of its inputs. */
  private call(
    called: Message<'FunctionProto'>,
    key: string,
    inputs: readonly (Value | null)[],
    given: Attributes,
    frame: Frame,
  ): readonly Value[] {
    const { limits } = this.importing;
    if (frame.calls.includes(key)) throw new ImportError('the function calls itself');
    if (frame.depth >= limits.nesting)
      throw new ImportError(`expected at most ${limits.nesting} functions within each other`);
    const defaults = readAttributes(called.attributeProto ?? [], undefined);
    const bound = defaults.with(Object.fromEntries(given.names.map((name) => [name, given.attribute(name)])));
    const scope = new Map<string, Value>();
    for (const [index, name] of (called.input ?? []).entries()) {
      const value = inputs[index];
      if (value) scope.set(name, value);
    }
    const operatorSets = setsOf(called.opsetImport ?? []);
    const inner: Frame = {
      scope,
      outer: undefined,
      operatorSets,
      bound,
      calls: [...frame.calls, key],
      depth: frame.depth + 1,
    };
    for (const node of called.node ?? []) this.node(node, inner);
    return (called.output ?? []).map((name) => lookUp(inner, name));
  }

  /** A branch or the body of a loop. Its names must be new, but for those of other evaluations. */
  private evaluate(graph: Message<'GraphProto'>, inputs: readonly Value[], frame: Frame): readonly Value[] {
    const names = (graph.input ?? []).map(({ name = '' }) => name);
    if (names.length > inputs.length) throw new ImportError(`expected at most ${inputs.length} inputs of the body`);
    const scope = new Map(names.map((name, index) => [name, inputs[index] as Value]));
    const inner: Frame = { ...frame, scope, outer: frame, depth: frame.depth + 1 };
    this.body(graph, inner);
    return (graph.output ?? []).map(({ name = '' }) => lookUp(inner, name));
  }

  private tensor(what: string, message: Message<'TensorProto'>): Value {
    const { note, readExternal } = this.importing;
    if (halfTypes.has(message.dataType ?? 0)) {
      note('Half precision is computed as float32: results differ from half precision by its rounding.');
    }
    return constant(readTensor(what, message, readExternal));
  }
}

export function setsOf(list: readonly Message<'OperatorSetIdProto'>[]): OperatorSets {
  return new Map(list.map(({ domain, version }) => [standard(domain), version ?? 0]));
}

function withoutTrailing(inputs: readonly (Value | null)[]): readonly (Value | null)[] {
  return inputs.slice(0, inputs.findLastIndex((value) => value !== null) + 1);
}

/** Optional inputs of a function that the call leaves out are left out inside too. */
function lookUp(frame: Frame, name: string): Value {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) {
    const value = at.scope.get(name);
    if (value !== undefined) return value;
  }
  throw new ImportError(`value ${shown(name)}: used before it is computed`);
}

function define(frame: Frame, name: string, value: Value): void {
  if (frame.scope.has(name)) throw new ImportError(`value ${shown(name)}: expected one definition, got two`);
  frame.scope.set(name, value);
}
