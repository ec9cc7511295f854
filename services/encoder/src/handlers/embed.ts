import { parseAll } from '@parallax/config';
import { parseImages } from '@parallax/datasets';
import { parseIndex, parseSampleIds, parseSeed } from '@parallax/messages';
import {
  type EmbedRequest,
  type EncoderServiceService,
  EmbedRequest_Space as SpaceMessage,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { encodeTensor } from '@parallax/tensor';
import type { ServedEncoder } from '../encoders/encoder-library.ts';
import { type EmbedTask, embed as embedImages } from '../passes/embed.ts';
import type { Service } from '../service.ts';

/** Returns features or projections. */
export function embed({ library, bench }: Service): Handler<EncoderServiceService, 'embed'> {
  return async (request, { signal }) => {
    const task = parseEmbed(request, await library.open(request.encoder));
    return { vectors: encodeTensor(await embedImages(bench, task, signal)) };
  };
}

function parseEmbed(request: EmbedRequest, encoder: ServedEncoder): EmbedTask {
  const images = () => parseImages(request.images, { field: 'images', shape: encoder.manifest.inputShape });
  const parsed = parseAll({
    images,
    sampleIds: () => parseSampleIds(request.sampleIds, request.images?.shape[0] ?? 0),
    seed: () => parseSeed(request.seed),
    draw: () => parseIndex(request.draw, 'draw'),
  });
  const space = request.space === SpaceMessage.PROJECTIONS ? 'projections' : 'features';
  const { sampleIds, seed, draw } = parsed;
  return { encoder, space, images: parsed.images, randomness: { sampleIds, seed }, draw };
}
