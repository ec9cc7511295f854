import { parseAll } from '@parallax/config';
import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type Handler, parseRequestId } from '@parallax/rpc';
import { parseTrainingSpec } from '../requests/parse-training-spec.ts';
import type { Service } from '../service.ts';
import { prepareTraining } from '../training/prepare-training.ts';
import { trainingRunMessage } from '../training/training-message.ts';

/** Queues a training, once it is known that it can be done. */
export function createTrainingRun(service: Service): Handler<EncoderServiceService, 'createTrainingRun'> {
  const { paradigm, ground, trainings } = service;
  return async (request) => {
    const { spec, requestId } = parseAll({
      spec: () => parseTrainingSpec(request.spec, paradigm),
      requestId: () => parseRequestId(request.requestId),
    });
    await prepareTraining(spec, ground);
    return { trainingRun: trainingRunMessage(await trainings.create(spec, requestId), ground.liveMetrics) };
  };
}
