import { Stage } from '@parallax/proto/parallax/experiment/v1/experiment';
import type { CarriedOut } from './carried-out.ts';
import { measurementsOf } from './measurements.ts';

/** Last stage: the aggregator remembers everything that was measured, all or nothing. */
export async function aggregate({ id, plan, notebook, peers, signal }: CarriedOut): Promise<void> {
  await notebook.begin(Stage.AGGREGATE, 1);
  await notebook.item('measurements', async () => {
    const measurements = measurementsOf(id, plan, notebook.result);
    if (measurements.length === 0) return;
    await peers.metrics.recordMeasurements({ measurements, requestId: `${id}/measurements` }, { signal });
  });
  await notebook.endStage();
}
