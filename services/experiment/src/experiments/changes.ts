import { Proportion } from '@parallax/proto/parallax/common/v1/interval';
import {
  AttackOutcome,
  CellOutcome,
  EncoderOutcome,
  type Experiment,
  ImageStrip,
  StageProgress,
} from '@parallax/proto/parallax/experiment/v1/experiment';
import type { WatchExperimentResponse } from '@parallax/proto/parallax/experiment/v1/experiment_service';

type Event = NonNullable<WatchExperimentResponse['event']>;

/** A message type that can tell whether two of its messages say the same. */
interface Codec<T> {
  readonly encode: (message: T) => { readonly finish: () => Uint8Array };
}

/** The events that turn one snapshot of a running experiment into a later one. */
export function changes(before: Experiment, after: Experiment): readonly Event[] {
  const old = before.result;
  const now = after.result;
  return [
    ...news(EncoderOutcome, old?.encoders, now?.encoders).map((value): Event => ({ $case: 'encoder', value })),
    ...news(Proportion, listed(old?.rawPixels), listed(now?.rawPixels)).map(
      (value): Event => ({ $case: 'rawPixels', value }),
    ),
    ...news(AttackOutcome, old?.attacks, now?.attacks).map((value): Event => ({ $case: 'attack', value })),
    ...news(CellOutcome, old?.cells, now?.cells).map((value): Event => ({ $case: 'cell', value })),
    ...news(ImageStrip, old?.strips, now?.strips).map((value): Event => ({ $case: 'strip', value })),
    ...news(StageProgress, listed(before.progress), listed(after.progress)).map(
      (value): Event => ({ $case: 'progress', value }),
    ),
  ];
}

function listed<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}

/** Messages that say something that none of the old ones said. */
function news<T>(codec: Codec<T>, before: readonly T[] = [], after: readonly T[] = []): readonly T[] {
  const text = (message: T): string => Buffer.from(codec.encode(message).finish()).toString('latin1');
  const known = new Set(before.map(text));
  return after.filter((message) => !known.has(text(message)));
}
