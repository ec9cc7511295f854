import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import type { Service } from '../service.ts';
import { trainingRunMessage } from '../training/training-message.ts';

/** Sends a training run as it stands, then at each change. */
export function watchTrainingRun({ trainings, ground }: Service): Handler<EncoderServiceService, 'watchTrainingRun'> {
  return async function* ({ id }, { signal }) {
    for await (const run of trainings.watch(id, signal)) {
      yield { trainingRun: trainingRunMessage(run, ground.liveMetrics) };
    }
  };
}
