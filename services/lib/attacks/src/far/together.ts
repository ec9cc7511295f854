import { add, argMax, concat, equal, GraphError, input, mul, or, unsqueeze, type Value, where } from '@parallax/graph';
import type { Look } from '../near/observe.ts';
import type { Track } from '../near/track.ts';
import type { ImageDims } from '../norms/norm.ts';
import type { FarSource } from './program.ts';

/** What several sources see, as one. */
export interface Together extends Look {
  /** int64 [N]: a wrong class where all heads are wrong; absent without heads. */
  readonly prediction?: Value;
  /** int64 [N,S]: what each of several heads says. */
  readonly verdicts?: Value;
}

/** Declares what the sources see as graph inputs, and puts it together. */
export function lookTogether(
  sources: readonly FarSource[],
  how: Pick<Track, 'goal' | 'inputs'>,
  { dims, gradient }: { readonly dims: ImageDims; readonly gradient: boolean },
): Together {
  const losses = sources.map((_, index) => input(`loss.${index}`, ['N']));
  const gradients = gradient ? sources.map((_, index) => input(`gradient.${index}`, ['N', ...dims])) : [];
  const logits = logitInputs(sources);
  const sum = (values: readonly Value[]): Value => weighted(sources, values);
  const isSummable = logits.length > 0 && sources.every(({ classes }) => classes === sources[0]?.classes);
  return {
    loss: sum(losses),
    ...(gradient ? { gradient: sum(gradients) } : {}),
    ...(isSummable ? { logits: sum(logits) } : {}),
    ...(logits.length > 0 ? { prediction: verdictOf(how, logits) } : {}),
    ...(logits.length > 1 ? { verdicts: verdictsOf(logits) } : {}),
  };
}

/** The logits of every source; none unless every source has a head. */
export function logitInputs(sources: readonly FarSource[]): readonly Value[] {
  const inputs = sources.flatMap(({ classes }, index) =>
    classes === undefined ? [] : [input(`logits.${index}`, ['N', classes])],
  );
  return inputs.length === sources.length ? inputs : [];
}

/** The sum by weight; what a lone source says as it is. */
function weighted(sources: readonly FarSource[], values: readonly Value[]): Value {
  const [first, ...others] = values;
  if (first === undefined) throw new GraphError('attack', 'sources: expected at least one, got none');
  if (others.length === 0) return first;
  const terms = values.map((value, index) => mul(value, sources[index]?.weight ?? 1));
  return terms.reduce((sum, term) => add(sum, term));
}

/** What each head says, int64 [N,S] for S heads. */
export function verdictsOf(logits: readonly Value[]): Value {
  return concat(
    logits.map((each) => unsqueeze(argMax(each, 1), [1])),
    1,
  );
}

/** One class for what all heads say, as `agreedClass`: it reaches the goal where every head does. */
export function verdictOf({ goal, inputs }: Pick<Track, 'goal' | 'inputs'>, logits: readonly Value[]): Value {
  const predictions = logits.map((each) => argMax(each, 1));
  const [first, ...others] = predictions;
  if (first === undefined) throw new GraphError('attack', 'heads: expected at least one, got none');
  if (others.length === 0) return first;
  const isRight = predictions.map((each) => equal(each, inputs.labels)).reduce((any, each) => or(any, each));
  const wrong =
    goal === 'target'
      ? predictions.reduceRight((later, each) => where(equal(each, inputs.targets), later, each))
      : first;
  return where(isRight, inputs.labels, wrong);
}
