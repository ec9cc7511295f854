import { choosesTargets } from '@parallax/attacks';
import { InputError, parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import {
  notImplemented,
  type ParsedAttack,
  parseAttackSpec,
  parseObjectives,
  parseSampleIds,
  parseSeed,
} from '@parallax/messages';
import { Placement } from '@parallax/proto/parallax/attack/v1/attack_spec';
import type { EncoderServiceService, PerturbRequest } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type Handler, reporting } from '@parallax/rpc';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import { type PerturbNews, type PerturbTask, perturb as perturbImages } from '../passes/perturb.ts';
import { type OpenedScene, openScene } from '../requests/open-scene.ts';
import { type Companions, parseCompanions } from '../requests/parse-companions.ts';
import { chunkMessages, planMessage, startProgress } from '../responses/perturb-messages.ts';
import type { Service } from '../service.ts';

const rpc = 'parallax.encoder.v1.EncoderService/Perturb';

/** Progress is sent at most this often. */
const progressIntervalMs = 100;

/** Runs a whole attack next to the weights: its plan, how far it is, then the results in chunks. */
export function perturb(service: Service): Handler<EncoderServiceService, 'perturb'> {
  return async function* (request, { signal }) {
    const task = await parsePerturb(request, service);
    const progressMessage = startProgress();
    const work = (report: (news: PerturbNews) => void) => perturbImages(service.bench, task, { signal, report });
    let isPlanned = false;
    for await (const heard of reporting(progressIntervalMs, work)) {
      if (heard.kind === 'result') {
        yield* chunkMessages(heard.result);
        continue;
      }
      const { plan, progress } = heard.news;
      if (!isPlanned) yield planMessage(plan);
      isPlanned = true;
      if (progress !== undefined) yield progressMessage(progress);
    }
  };
}

async function parsePerturb(request: PerturbRequest, { library }: Service): Promise<PerturbTask> {
  const encoder = await library.open(request.encoder);
  if (request.starts !== undefined) throw notImplemented(rpc, 'starts');
  if (request.observed.length > 0) throw notImplemented(rpc, 'observed');
  const count = request.images?.shape[0] ?? 0;
  const { attack, ...parsed } = parseAll({
    attack: () => parseNearAttack(request, encoder),
    images: () => parseImages(request.images, { field: 'images', shape: encoder.manifest.inputShape }),
    sampleIds: () => parseSampleIds(request.sampleIds, count),
    seed: () => parseSeed(request.seed),
  });
  const objectives = parseObjectives(attack, request.objective);
  const scenes = await Promise.all(objectives.map((objective) => openScene(library, encoder, objective, request.head)));
  const companions = parseCompanionsOf(request, attack, scenes, count);
  const { images, sampleIds, seed } = parsed;
  const { allowUnchanged } = request;
  return { scenes, attack, batch: { images, sampleIds, ...companions }, seed, allowUnchanged };
}

/** What all stages together need. */
function parseCompanionsOf(
  request: PerturbRequest,
  { selection, stages }: ParsedAttack,
  scenes: readonly OpenedScene[],
  count: number,
): Companions {
  const [first, ...others] = scenes;
  if (first === undefined) throw new InputError([{ field: 'attack', expected: 'at least one stage', got: 'none' }]);
  const targetsFollow = !stages.some(
    ({ bound }, stage) => scenes[stage]?.objective.needs.includes('targets') && !choosesTargets(bound),
  );
  const needsLabels = selection !== 'transfer' || stages.some(({ bound }) => choosesTargets(bound));
  return parseCompanions(request, first, {
    count,
    needsLabels,
    targetsFollow,
    others: others.map(({ objective }) => objective),
  });
}

function parseNearAttack({ attack }: PerturbRequest, { manifest }: ServedEncoder): ParsedAttack {
  if (attack?.placement === Placement.FAR) {
    throw new InputError([{ field: 'attack.placement', expected: 'NEAR, which is what Perturb is', got: 'FAR' }]);
  }
  return parseAttackSpec(attack, manifest.inputShape);
}
