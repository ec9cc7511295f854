import { NotFoundError } from '@parallax/config';
import type {
  GetTransferMatrixRequest,
  MetricsServiceService,
} from '@parallax/proto/parallax/metrics/v1/metrics_service';
import type { TransferMatrix } from '@parallax/proto/parallax/metrics/v1/transfer_matrix';
import { failedPrecondition, type Handler } from '@parallax/rpc';
import type { MeasurementStore } from '../measurements/measurement-store.ts';
import { parseExperimentFilter } from '../measurements/parse-filter.ts';
import { AmbiguousMatrixError, chooseMatrix } from '../measures/choose-matrix.ts';
import { matrices } from '../queries.ts';

/** The transfer matrix that fits the request; refuses to mix several. */
export function getTransferMatrix(store: MeasurementStore): Handler<MetricsServiceService, 'getTransferMatrix'> {
  return async (request) => {
    const candidates = await matrices(store, parseExperimentFilter(request));
    return { matrix: choose(candidates, request) };
  };
}

function choose(
  candidates: readonly TransferMatrix[],
  { sampleSetDigest, experimentId }: GetTransferMatrixRequest,
): TransferMatrix {
  try {
    const matrix = chooseMatrix(
      candidates.filter((candidate) => sampleSetDigest === '' || candidate.sampleSetDigest === sampleSetDigest),
    );
    if (matrix) return matrix;
  } catch (error) {
    throw error instanceof AmbiguousMatrixError ? ambiguous(error) : error;
  }
  throw new NotFoundError(`transfer matrix: nothing in experiment "${experimentId}" fits the request`, {
    reason: 'EXPERIMENT_NOT_FOUND',
    facts: { experiment: experimentId },
  });
}

function ambiguous({ message, open }: AmbiguousMatrixError) {
  const violations = open.map(({ field, choices }) => ({
    field,
    description: `expected one of ${choices.join(', ')}, got nothing`,
  }));
  return failedPrecondition(message, { reason: 'AMBIGUOUS', violations });
}
