import { RpcError } from '@parallax/rpc';
import type { Source } from './source.ts';

/** Fields of a session, or of a request about one encoder, that are given with the source. */
const ofSource = /^(?:opening\.)?(objective|head)\b/;

/** Fields that are given with the batch. */
const ofBatch = /^(?:opening|query)\./;

/** Asks the encoder service of a source. @throws RpcError that names encoder and address besides what went wrong. */
export async function blaming<T>(source: Source, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw error instanceof RpcError ? blame(source, error) : error;
  }
}

/** Nobody is to blame when time is up, or the caller has left. */
function blame({ client, encoder, index }: Source, error: RpcError): RpcError {
  const { status, reason, facts, violations, message } = error;
  if (status === 'CANCELLED' || status === 'DEADLINE_EXCEEDED') return error;
  const { address } = client;
  return new RpcError(status, `encoder ${encoder.name} at ${address}: ${message}`, {
    reason,
    facts: { ...facts, encoder: encoder.name, address },
    violations: violations.map(({ field, description }) => ({
      field: ofSource.test(field) ? field.replace(ofSource, `sources[${index}].$1`) : field.replace(ofBatch, ''),
      description,
    })),
    cause: error,
  });
}
