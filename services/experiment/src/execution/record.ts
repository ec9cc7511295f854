import { createHash } from 'node:crypto';
import { Measurement } from '@parallax/proto/parallax/metrics/v1/measurement';
import type { CarriedOut } from './carried-out.ts';
import { measurementsOf } from './measurements.ts';

/**
 * Tells the aggregator what has become known since it was told last, so that what an experiment has measured stays even
 * if it fails. Each measurement has an idempotency key made of what it says: one begun again records nothing twice.
 */
export async function record({ id, plan, notebook, peers, recorded, signal }: CarriedOut): Promise<void> {
  for (const measurement of measurementsOf(id, plan, notebook.result)) {
    const key = createHash('sha256').update(Measurement.encode(measurement).finish()).digest('hex');
    if (recorded.has(key)) continue;
    await peers.metrics.recordMeasurements({ measurements: [measurement], requestId: `${id}/${key}` }, { signal });
    recorded.add(key);
  }
}
