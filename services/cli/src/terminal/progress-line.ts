/** How far some work is, as the services report it. */
export interface Advance {
  /** What is being worked on, such as `train cl-tiny`. */
  readonly label: string;
  /** Units done. */
  readonly done: number;
  /** Units there are; 0 when not known. */
  readonly total: number;
  /** What is counted, plural. */
  readonly unit: string;
  /** Units a second; 0 when not known. */
  readonly rate: number;
  /** Estimated time left in seconds; undefined when not known. */
  readonly remainingSeconds: number | undefined;
}

const barWidth = 20;
const labelWidth = 40;

/** One line that says how far the work is: label, bar, count, rate, time left. Cut to `columns` characters. */
export function formatAdvance(advance: Advance, columns: number): string {
  const { label, done, total, unit, rate, remainingSeconds } = advance;
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const filled = Math.round(share * barWidth);
  const parts = [
    label.padEnd(labelWidth),
    `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`,
    total > 0 ? `${`${Math.floor(share * 100)}`.padStart(3)} %` : '    ?',
    `${count(done)}${total > 0 ? `/${count(total)}` : ''} ${unit}`,
    rate > 0 ? `${rate.toPrecision(3)} ${unit}/s` : '',
    remainingSeconds === undefined ? '' : `${formatDuration(remainingSeconds)} left`,
  ];
  return parts
    .filter((part) => part !== '')
    .join('  ')
    .slice(0, columns);
}

/** A time span as minutes and seconds, `1:05`, with hours where there are any. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = `${rest}`.padStart(2, '0');
  return hours > 0 ? `${hours}:${`${minutes}`.padStart(2, '0')}:${padded}` : `${minutes}:${padded}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
