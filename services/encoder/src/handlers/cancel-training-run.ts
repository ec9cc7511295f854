import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import type { Service } from '../service.ts';
import { trainingRunMessage } from '../training/training-message.ts';

/** Asks a training run to stop; it ends at the next step. */
export function cancelTrainingRun({ trainings, ground }: Service): Handler<EncoderServiceService, 'cancelTrainingRun'> {
  return async ({ id }) => ({ trainingRun: trainingRunMessage(await trainings.cancel(id), ground.liveMetrics) });
}
