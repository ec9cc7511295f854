import { z } from 'zod';

// The pieces of configuration services have in common. Each is read from `--kebab-case`, else from the environment
// variable named in its metadata (else PARALLAX_UPPER_SNAKE), else it has its default.

/** Log levels, most talkative first. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/** A TCP port to listen on; 0 takes any free one. */
export const port = (standard: number) =>
  z.coerce.number('an integer').int().min(0).max(65_535).default(standard).meta({ description: 'port, 0 = any free' });

/** An address to listen on. Loopback unless told otherwise: nothing is reachable from outside by accident. */
export const host = () => z.string().min(1).default('127.0.0.1').meta({ description: 'address to listen on' });

/** The folder that holds all state. */
export const home = () =>
  z.string().min(1).default('.parallax').meta({ env: 'PARALLAX_HOME', description: 'folder of all state' });

/** A Postgres server; without it the service uses the embedded database in the home folder. */
export const databaseUrl = () =>
  z
    .url({ protocol: /^postgres(ql)?$/, error: 'a URL postgres://…' })
    .optional()
    .meta({ env: 'DATABASE_URL', description: 'Postgres server; default: the embedded database' });

/** The folder data sets are looked for in first. */
export const dataDir = () =>
  z.string().min(1).optional().meta({ env: 'PARALLAX_DATA', description: 'folder of the data sets' });

/** How much is logged. */
export const logLevel = () =>
  z.enum(logLevels).default('info').meta({ env: 'PARALLAX_LOG_LEVEL', description: 'how much is logged' });

/** An OpenTelemetry collector; without it nothing is exported and the SDK is not even loaded. */
export const otlpEndpoint = () =>
  z
    .url({ protocol: /^https?$/, error: 'a URL http://…' })
    .optional()
    .meta({ env: 'OTEL_EXPORTER_OTLP_ENDPOINT', description: 'OpenTelemetry collector (OTLP over HTTP)' });

const hostAndPort = /^(\[[0-9a-fA-F:]+\]|[^\s:,=]+):\d{1,5}$/;

/** Where another service listens, as `host:port`. */
export const address = (standard: string) =>
  z.string().regex(hostAndPort, 'an address host:port').default(standard).meta({ description: 'host:port' });

/**
 * Where several services listen, by name: `sl=127.0.0.1:50051,cl=127.0.0.1:50052`.
 *
 * Parses to a map from name to address.
 */
export const addresses = (standard: Readonly<Record<string, string>>) =>
  z
    .string()
    .transform((text, context) => {
      const entries = text.split(',').map((entry) => entry.trim().split('='));
      for (const [name = '', target = ''] of entries) {
        if (name !== '' && hostAndPort.test(target)) continue;
        context.addIssue({ code: 'custom', message: 'a list NAME=host:port,…' });
        return z.NEVER;
      }
      return new Map(entries.map(([name = '', target = '']) => [name, target] as const));
    })
    .default(() => new Map(Object.entries(standard)))
    .meta({ description: 'NAME=host:port,…' });

/** What every service can be told. */
export const serviceFields = (standardPort: number) => ({
  port: port(standardPort),
  host: host(),
  home: home(),
  databaseUrl: databaseUrl(),
  dataDir: dataDir(),
  logLevel: logLevel(),
  otlpEndpoint: otlpEndpoint(),
});

/** The value of `serviceFields`. */
export type ServiceConfig = z.output<z.ZodObject<ReturnType<typeof serviceFields>>>;
