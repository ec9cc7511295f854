import { createObjective, fillDraws, type ObjectiveSpec, type TracedEncoder } from '@parallax/objectives';
import type { Engine, Executable } from '@parallax/runtime';
import { batchSize, concatBatch, createTensor, int64, type Tensor } from '@parallax/tensor';
import type { LookRequest, Observer, Seen } from '../far/observer.ts';
import type { FarSource } from '../far/program.ts';
import { feedsFor, type NearBatch } from '../near/batch.ts';
import { PartRunner, type Rows, rowsOf } from '../near/part-runner.ts';
import { drawsFor, type LookProgram, placeLook } from '../near/place-look.ts';
import { toyConvolution, toyDims } from './toy-encoder.ts';

export interface ToySource {
  readonly encoder?: TracedEncoder;
  readonly objective?: ObjectiveSpec;
  readonly weight?: number;
  /** Hears of every look. */
  readonly heard?: (request: LookRequest) => void;
}

/** What a source looks like to an attack, and an observer of batches of it, in this process. */
export interface ToyObserver extends AsyncDisposable {
  readonly source: FarSource;
  observe(batch: NearBatch, seed: number): Observer;
}

/** An objective on a toy encoder, looked at as an encoder service would. */
export async function observeToy(engine: Engine, given: ToySource): Promise<ToyObserver> {
  const { encoder = toyConvolution(10), objective: spec = { kind: 'crossEntropy' }, weight = 1 } = given;
  const objective = createObjective(spec);
  const judge = encoder.classify === undefined ? {} : { judge: encoder };
  const [plain, steep] = [false, true].map((gradient) =>
    placeLook(objective, encoder, toyDims, { gradient, ...judge }),
  );
  if (plain === undefined || steep === undefined) throw new Error('expected two programs');
  const [value, both] = await Promise.all([engine.compile(plain.stage.graph), engine.compile(steep.stage.graph)]);
  const { classes, cost, stage } = plain;
  return {
    source: {
      objective,
      weight,
      ...(classes === undefined ? {} : { classes }),
      stochastic: stage.draws.length > 0,
      cost,
    },
    observe: (batch, seed) => ({
      look: (request) => {
        given.heard?.(request);
        const [program, executable] = request.gradient ? [steep, both] : [plain, value];
        return lookAt({ engine, program, executable, batch, seed }, request);
      },
    }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([value.close(), both.close()]);
    },
  };
}

interface Looker {
  readonly engine: Engine;
  readonly program: LookProgram;
  readonly executable: Executable;
  readonly batch: NearBatch;
  readonly seed: number;
}

async function lookAt({ engine, program, executable, batch, seed }: Looker, request: LookRequest): Promise<Seen> {
  const { samples, images, targets, purpose, restart, step, firstDraw } = request;
  const runner = new PartRunner(feedsFor(program.objective, batch), batch.sampleIds, {
    batchSize: 5,
    parallelism: engine.parallelism,
  });
  const specs = drawsFor(purpose, program.stage.draws);
  const given = { images, ...(targets === undefined ? {} : { targets: int64([targets.length], targets) }) };
  const looks: Rows[] = [];
  for (let draw = firstDraw; draw < firstDraw + (specs.length === 0 ? 1 : request.draws); draw++) {
    const look = await runner.run(executable, samples, (part, sampleIds) => ({
      ...rowsOf(given, part),
      ...fillDraws(specs, { seed, sampleIds, restart, step, draw }),
    }));
    looks.push(look);
  }
  const { loss, gradient, logits } = meanOf(looks);
  if (loss === undefined) throw new Error('expected a loss');
  return { loss, ...(gradient === undefined ? {} : { gradient }), ...(logits === undefined ? {} : { logits }) };
}

/** One draw after the other, in float32, as a step of a near attack adds them up. */
function meanOf(looks: readonly Rows[]): Rows {
  const [first = {}] = looks;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, mean(looks.map((look) => look[name] as Tensor<'float32'>))]),
  );
}

function mean(tensors: readonly Tensor<'float32'>[]): Tensor {
  const [first] = tensors;
  if (first === undefined || tensors.length === 1) return first ?? concatBatch(tensors);
  const sum = tensors
    .slice(1)
    .reduce((total, { data }) => total.map((value, at) => value + (data[at] ?? 0)), first.data);
  return createTensor(
    'float32',
    [batchSize(first), ...first.dims.slice(1)],
    sum.map((value) => value / tensors.length),
  );
}
