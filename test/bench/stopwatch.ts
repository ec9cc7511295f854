import process from 'node:process';
import { InputError } from '@parallax/config';

/** Wall time, or processor time of all threads: the one to go by where other work runs beside. */
export type Clock = 'wall' | 'processor';

export type Seconds = Readonly<Record<Clock, number>>;

/** Starts to count; the function returned says how much time has gone by since. */
export function startStopwatch(): () => Seconds {
  const started = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { wall: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
  };
}

/** The lesser of each. */
export function least(one: Seconds, other: Seconds = one): Seconds {
  return { wall: Math.min(one.wall, other.wall), processor: Math.min(one.processor, other.processor) };
}

/** What an option `--clock` names. @throws InputError */
export function parseClock(text: string): Clock {
  if (text === 'wall' || text === 'processor') return text;
  throw new InputError([{ field: '--clock', expected: 'wall or processor', got: text }]);
}
