import { parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseSampleIds, parseSeed } from '@parallax/messages';
import type {
  EncoderServiceService,
  ValueAndGradientRequest,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { type GradientTask, valueAndGradient as lookAtImages } from '../passes/value-and-gradient.ts';
import { openScene } from '../requests/open-scene.ts';
import { parseCompanions } from '../requests/parse-companions.ts';
import { assertLogits, parseLook, parseRequiredObjective } from '../requests/parse-look.ts';
import { lookMessage } from '../responses/look-message.ts';
import type { Service } from '../service.ts';

/** Returns an objective and its gradient with respect to the image, for each sample. */
export function valueAndGradient(service: Service): Handler<EncoderServiceService, 'valueAndGradient'> {
  return async (request, { signal }) => {
    const task = await parseRequest(request, service);
    return lookMessage(await lookAtImages(service.bench, task, signal));
  };
}

async function parseRequest(request: ValueAndGradientRequest, { library }: Service): Promise<GradientTask> {
  const encoder = await library.open(request.encoder);
  const shape = encoder.manifest.inputShape;
  const count = request.images?.shape[0] ?? 0;
  const { objective, look, clean, sampleIds, seed } = parseAll({
    objective: () => parseRequiredObjective(request.objective),
    look: () => parseLook(request, { shape }),
    clean: () => request.cleanImages && parseImages(request.cleanImages, { field: 'clean_images', shape, count }),
    sampleIds: () => parseSampleIds(request.sampleIds, count),
    seed: () => parseSeed(request.seed),
  });
  const scene = await openScene(library, encoder, objective, request.head);
  assertLogits(scene, request.withLogits);
  const { images, restart, step, draws } = look;
  return {
    scene,
    images,
    clean: clean ?? images,
    companions: parseCompanions(request, scene, { count }),
    randomness: { sampleIds, seed, restart, step },
    purpose: 'gradient',
    firstDraw: 0,
    draws,
    withGradient: !request.valueOnly,
    withLogits: request.withLogits,
  };
}
