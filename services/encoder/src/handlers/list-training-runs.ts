import type { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import type { Handler } from '@parallax/rpc';
import { statesOf } from '@parallax/workflow';
import type { Service } from '../service.ts';
import { trainingRunMessage } from '../training/training-message.ts';

/** Returns one page of training runs, the newest first. */
export function listTrainingRuns({ trainings, ground }: Service): Handler<EncoderServiceService, 'listTrainingRuns'> {
  return async ({ pageSize, pageToken, state }) => {
    const { runs, nextPageToken } = await trainings.list({ pageSize, pageToken, states: statesOf(state) });
    return { trainingRuns: runs.map((run) => trainingRunMessage(run, ground.liveMetrics)), nextPageToken };
  };
}
