import type { ExperimentEvent } from './messages.ts';

/** How the page hears of an experiment: `ended` when there is nothing more to hear. */
export type Connection = 'connecting' | 'live' | 'lost' | 'ended';

/** Who follows an experiment. */
export interface Follower {
  readonly onEvent: (event: ExperimentEvent) => void;
  /** Measurements were recorded. */
  readonly onMeasurements: () => void;
  /** Something does not answer; the sentence says what. */
  readonly onProblem: (message: string) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The gateway refuses to send events; there will be another attempt unless following is stopped. */
  readonly onRefused: () => void;
}

const names = ['snapshot', 'progress', 'encoder', 'rawPixels', 'attack', 'cell', 'strip'] as const;

/** Time before the next attempt after a refusal. */
const retryMs = 1_500;

/**
 * Follows an experiment to its end. A connection that breaks is made again, whether the gateway or a service behind it
 * was restarted; each begins with a snapshot, so nothing is missed. Returns what stops following.
 */
export function follow(id: string, follower: Follower): () => void {
  let source: EventSource | undefined;
  let retry: number | undefined;
  const stop = () => {
    source?.close();
    window.clearTimeout(retry);
  };
  const connect = () => {
    source = new EventSource(`/api/v1/experiments/${encodeURIComponent(id)}/events`);
    for (const name of names) {
      source.addEventListener(name, ({ data }) => {
        follower.onConnection('live');
        follower.onEvent({ event: name, data: JSON.parse(data) } as ExperimentEvent);
      });
    }
    source.addEventListener('measurements', follower.onMeasurements);
    source.addEventListener('problem', ({ data }) => follower.onProblem(JSON.parse(data).error.message));
    source.addEventListener('end', () => {
      stop();
      follower.onConnection('ended');
    });
    source.addEventListener('error', () => {
      follower.onConnection('lost');
      if (source?.readyState !== EventSource.CLOSED) return;
      // The browser repeats what breaks off, but gives up on a refusal, such as that of a service that is down.
      retry = window.setTimeout(connect, retryMs);
      follower.onRefused();
    });
  };
  connect();
  return stop;
}
