import { apply } from '../apply.ts';
import { add, cast, div, mul, reduceMean, reshapeLike, reshapeTo, sqrt, sub } from '../build.ts';
import { multiplyDims } from '../dims.ts';
import { GraphError } from '../errors.ts';
import { fixed, float, int, ints, perChannel, requireAxis, requireShape } from '../operators/shared.ts';
import { constant, type Value } from '../value.ts';
import { type Application, type Composite, composite, requiredInputs } from './composite.ts';

/** Added to the deviation of MeanVarianceNormalization, as the ONNX specification has it. */
const smallest = 1e-9;

const float32Type = 1;

/** Statistics are computed in float32, which is what x is here, or wider. */
function requireStash(op: string, stash_type: number): void {
  if (stash_type !== float32Type) throw new GraphError(op, `stash_type: expected 1 (float32), got ${stash_type}`);
}

/** Channels in groups, each group of each sample by its own statistics. x is [N, C, ...spatial], scale and bias [C]. */
function groupNormalization(application: Application, groups: number, epsilon: number): Value {
  const op = 'GroupNormalization';
  const [x, scale, bias] = requiredInputs(op, application, ['x', 'scale', 'bias']);
  const [batch = 1, dim, ...spatial] = x.shape;
  const channels = fixed(op, 'channels', dim);
  if (groups < 1 || channels % groups !== 0)
    throw new GraphError(op, `num_groups: expected a divisor of ${channels} channels, got ${groups}`);
  requireShape(op, 'scale', scale, [channels]);
  requireShape(op, 'bias', bias, [channels]);
  const rows = reshapeTo(x, [batch, groups, [channels / groups, ...spatial].reduce(multiplyDims)]);
  const filled = (value: number): Value =>
    cast(constant({ dtype: 'float32', dims: [groups], data: new Float32Array(groups).fill(value) }), x.dtype);
  const [normal] = apply('InstanceNormalization', [rows, filled(1), filled(0)], { epsilon });
  const rank = x.shape.length;
  return add(mul(reshapeLike(normal, x), perChannel(scale, rank)), perChannel(bias, rank));
}

export const normalization: Readonly<Record<string, Composite>> = {
  GroupNormalization: composite(
    { num_groups: int(), epsilon: float(1e-5), stash_type: int(float32Type) },
    (application, { num_groups, epsilon, stash_type }) => {
      requireStash('GroupNormalization', stash_type);
      return [groupNormalization(application, num_groups, epsilon)];
    },
  ),
  MeanVarianceNormalization: composite({ axes: ints([0, 2, 3]) }, (application, { axes }) => {
    const [x] = requiredInputs('MeanVarianceNormalization', application, ['x']);
    const centred = sub(x, reduceMean(x, axes));
    return [div(centred, add(sqrt(reduceMean(mul(centred, centred), axes)), smallest))];
  }),
  // x / √(mean x² + ε) · scale, over `axis` and all after it (arXiv 1910.07467)
  RMSNormalization: composite(
    { axis: int(-1), epsilon: float(1e-5), stash_type: int(float32Type) },
    (application, { axis, epsilon, stash_type }) => {
      requireStash('RMSNormalization', stash_type);
      const [x, scale] = requiredInputs('RMSNormalization', application, ['x', 'scale']);
      const first = requireAxis('RMSNormalization', axis, x.shape.length);
      const axes = [...x.shape.keys()].slice(first);
      return [mul(div(x, sqrt(add(reduceMean(mul(x, x), axes), epsilon))), scale)];
    },
  ),
};
