import { InputError, parseAll } from '@parallax/config';
import { parseDraws, parseExactSeed } from '@parallax/messages';
import type { HeadRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { EvaluateHeadRequest } from '@parallax/proto/parallax/probe/v1/probe_service';
import type { HeadChoice } from '../features/feature-source.ts';
import { parseDatasetRef, parseSource } from './parse-probe-spec.ts';

const largestBatch = 4096;

/** @throws InputError naming every bad field. */
export function parseEvaluation(request: EvaluateHeadRequest) {
  return parseAll({
    source: () => parseSource(request.source),
    head: () => parseHead(request.head),
    dataset: () => parseDatasetRef(request.dataset, 'dataset'),
    seed: () => parseExactSeed(request.seed),
    draws: () => parseDraws(request.draws, 'draws') ?? 0,
    batchSize: () => parseBatchSize(request.batchSize),
  });
}

function parseHead(given: HeadRef | undefined): HeadChoice {
  if (given?.head?.$case !== 'artifactDigest') return { kind: 'own' };
  const digest = given.head.value;
  if (/^[0-9a-f]{64}$/.test(digest)) return { kind: 'artifact', digest };
  const expected = '64 lower-case hexadecimal digits';
  throw new InputError([{ field: 'head.artifact_digest', expected, got: JSON.stringify(digest) }]);
}

function parseBatchSize(batchSize: number): number {
  if (batchSize >= 0 && batchSize <= largestBatch) return batchSize;
  const expected = `an integer in [0, ${largestBatch}]`;
  throw new InputError([{ field: 'batch_size', expected, got: `${batchSize}` }]);
}
