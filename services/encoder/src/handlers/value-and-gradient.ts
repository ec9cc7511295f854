import { InputError, PreconditionError, parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import {
  type ParsedObjective,
  parseDraws,
  parseIndex,
  parseObjective,
  parseSampleIds,
  parseSeed,
  parseStep,
} from '@parallax/messages';
import type {
  EncoderServiceService,
  ValueAndGradientRequest,
  ValueAndGradientResponse,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import type { Results } from '@parallax/runtime';
import { encodeTensor, toNumbers } from '@parallax/tensor';
import { outputOf } from '../passes/in-parts.ts';
import { type GradientTask, valueAndGradient as lookAtImages } from '../passes/value-and-gradient.ts';
import { openScene } from '../requests/open-scene.ts';
import { parseCompanions } from '../requests/parse-companions.ts';
import type { Service } from '../service.ts';

/** Returns an objective and its gradient with respect to the image, for each sample. */
export function valueAndGradient(service: Service): Handler<EncoderServiceService, 'valueAndGradient'> {
  return async (request, { signal }) => {
    const task = await parseRequest(request, service);
    return render(await lookAtImages(service.bench, task, signal));
  };
}

async function parseRequest(request: ValueAndGradientRequest, { library }: Service): Promise<GradientTask> {
  const encoder = await library.open(request.encoder);
  const shape = encoder.manifest.inputShape;
  const count = request.images?.shape[0] ?? 0;
  const { objective, sampleIds, seed, restart, step, ...parsed } = parseAll({
    objective: () => parseRequired(request),
    images: () => parsePoints(request, shape),
    clean: () => parseClean(request, { shape, count }),
    sampleIds: () => parseSampleIds(request.sampleIds, count),
    seed: () => parseSeed(request.seed),
    restart: () => parseIndex(request.restart, 'restart'),
    step: () => parseStep(request.step),
    draws: () => parseDraws(request.draws, 'draws') ?? 1,
  });
  const scene = await openScene(library, encoder, objective, request.head);
  if (request.withLogits && scene.judge === undefined) {
    const alternative = 'name a head, or do without logits';
    throw new PreconditionError(`with_logits: encoder ${encoder.name} has no head of its own; ${alternative}`, {
      reason: 'PART_MISSING',
      facts: { part: 'classify', alternative },
    });
  }
  return {
    scene,
    images: parsed.images,
    clean: parsed.clean ?? parsed.images,
    companions: parseCompanions(request, scene, { count }),
    randomness: { sampleIds, seed, restart, step },
    draws: parsed.draws,
    withGradient: !request.valueOnly,
    withLogits: request.withLogits,
  };
}

function parseRequired({ objective }: ValueAndGradientRequest): ParsedObjective {
  if (objective !== undefined) return parseObjective(objective);
  throw new InputError([{ field: 'objective', expected: 'an objective', got: 'nothing' }]);
}

/** Where to look. Between two images there are more than 256 levels: only FP32 can say where. */
function parsePoints({ images }: ValueAndGradientRequest, shape: readonly number[]) {
  if (images?.datatype !== 'UINT8') return parseImages(images, { field: 'images', shape });
  throw new InputError([{ field: 'images.datatype', expected: 'FP32', got: '"UINT8"' }]);
}

function parseClean(
  { cleanImages }: ValueAndGradientRequest,
  expected: { readonly shape: readonly number[]; readonly count: number },
) {
  return cleanImages && parseImages(cleanImages, { field: 'clean_images', ...expected });
}

function render(results: Results): ValueAndGradientResponse {
  const { gradient, logits } = results;
  return {
    values: toNumbers(outputOf(results, 'loss')),
    gradient: gradient && encodeTensor(gradient),
    logits: logits && encodeTensor(logits),
  };
}
