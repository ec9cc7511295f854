/** A running exporter of traces and metrics. */
export interface Telemetry extends AsyncDisposable {
  /** Sends what is left and stops. Never throws: telemetry must not decide how a process ends. */
  shutdown(): Promise<void>;
}

/** What telemetry needs to know. */
export interface TelemetryOptions {
  /** Name of the process, the `service.name` of all it sends. */
  readonly service: string;
  /** Base URL of an OpenTelemetry collector (OTLP over HTTP); without it nothing is loaded and nothing is sent. */
  readonly otlpEndpoint?: string | undefined;
}

/** Starts exporting traces and metrics, when there is somewhere to send them. At most once a process. */
export async function startTelemetry({ service, otlpEndpoint }: TelemetryOptions): Promise<Telemetry> {
  if (otlpEndpoint === undefined) return disposable(async () => undefined);
  // Loaded here, not at the top: without a collector the SDK would only cost start-up time and memory.
  const [{ NodeSDK, metrics }, { OTLPTraceExporter }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
  ]);
  const base = otlpEndpoint.replace(/\/+$/, '');
  const sdk = new NodeSDK({
    serviceName: service,
    traceExporter: new OTLPTraceExporter({ url: `${base}/v1/traces` }),
    metricReaders: [
      new metrics.PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${base}/v1/metrics` }) }),
    ],
    // Logs go to the standard error stream, where every platform collects them.
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return disposable(() => sdk.shutdown());
}

function disposable(stop: () => Promise<void>): Telemetry {
  const shutdown = () => stop().catch(() => undefined);
  return { shutdown, [Symbol.asyncDispose]: shutdown };
}
