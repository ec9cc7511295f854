import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import type { Service } from '../service.ts';
import { trainingRunMessage } from '../training/training-message.ts';

/** Returns a training run as it stands. */
export function getTrainingRun({ trainings, ground }: Service): Handler<EncoderServiceService, 'getTrainingRun'> {
  return async ({ id }) => ({ trainingRun: trainingRunMessage(await trainings.get(id), ground.liveMetrics) });
}
