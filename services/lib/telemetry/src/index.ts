export { createLogger, type LogFields, type Logger, type LoggerOptions, silentLogger } from './logger.ts';
export { type Counter, createCounter, createHistogram, type Histogram } from './metering.ts';
export { extractTraceContext, injectTraceContext, type TraceContext } from './propagation.ts';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './start-telemetry.ts';
export { type ActiveSpan, type SpanOptions, startSpan, withSpan } from './tracing.ts';
