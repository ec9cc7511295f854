import { trace } from '@opentelemetry/api';
import pino from 'pino';

/** Facts of one log line; an `error` is written with its stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logs: one JSON object a line, on the standard error stream. */
export interface Logger {
  /** For whoever debugs this code. */
  debug(message: string, fields?: LogFields): void;
  /** Something happened that operators want to see. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong, and the process copes. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/** What a logger can be told. */
export interface LoggerOptions {
  /** Name of the process, in every line as `service`. */
  readonly service: string;
  /** Least important level written; default `info`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; default the standard error stream. */
  readonly destination?: { write(line: string): void };
}

const standardErrorDescriptor = 2;

/** Creates the logger of a process. Lines carry the trace and span they belong to. */
export function createLogger({ service, level = 'info', destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
    mixin: currentSpan,
  };
  // Synchronous: a line written just before the process exits must not be lost.
  return wrap(pino(options, destination ?? pino.destination({ dest: standardErrorDescriptor, sync: true })));
}

/** A logger that writes nothing. */
export const silentLogger: Logger = createLogger({ service: 'silent', level: 'silent' });

function wrap(inner: pino.Logger): Logger {
  return {
    debug: (message, fields) => inner.debug(fields ?? {}, message),
    info: (message, fields) => inner.info(fields ?? {}, message),
    warn: (message, fields) => inner.warn(fields ?? {}, message),
    error: (message, fields) => inner.error(fields ?? {}, message),
    child: (fields) => wrap(inner.child(fields)),
  };
}

function currentSpan(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}
