import process from 'node:process';
import { ConfigError, DomainError, describeConfig, loadConfig, type ServiceConfig } from '@parallax/config';
import { createLogger, type Logger, startTelemetry } from '@parallax/telemetry';
import type { z } from 'zod';

/** A service as a program. */
export interface ServiceProgram<Schema extends z.ZodObject> {
  /** Name of the process, such as `parallax-encoder`. */
  readonly name: string;
  /** Its configuration. */
  readonly schema: Schema;
  /** Starts it. Aborted during the start, `signal` says that nobody waits for it any more. */
  start(config: z.output<Schema>, environment: ServiceEnvironment): Promise<RunningService>;
}

/** What a program gives its service. */
export interface ServiceEnvironment {
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A service that runs. */
export interface RunningService {
  /** Where it listens. */
  readonly address: string;
  /** Where it answers gRPC calls, when that is a port of its own. */
  readonly grpcAddress?: string;
  /** Stops it. */
  close(): Promise<void>;
}

const exitStatus = { ok: 0, failed: 1, misconfigured: 2 } as const;

/**
 * Runs a service until SIGINT or SIGTERM, then stops it and ends the process: with status 0, 1 when it cannot start or
 * stop, 2 when the configuration is wrong. A second signal ends the process at once.
 */
export async function runService<Schema extends z.ZodObject>(program: ServiceProgram<Schema>): Promise<void> {
  process.exit(await execute(program, process.argv.slice(2)));
}

async function execute<Schema extends z.ZodObject>(program: ServiceProgram<Schema>, argv: string[]): Promise<number> {
  const { name, schema } = program;
  if (argv.includes('--help')) {
    process.stdout.write(`${name} [--option value]…\n${describeConfig(schema)}\n`);
    return exitStatus.ok;
  }
  const stop = stopSignal();
  try {
    const config = loadConfig(schema, { argv });
    const { logLevel, otlpEndpoint } = config as Partial<ServiceConfig>;
    const logger = createLogger({ service: name, ...(logLevel && { level: logLevel }) });
    await using _telemetry = await startTelemetry({ service: name, otlpEndpoint });
    const service = await program.start(config, { logger, signal: stop });
    const { address, grpcAddress } = service;
    logger.info('listening', { address, grpcAddress });
    await aborted(stop);
    await service.close();
    logger.info('stopped');
    return exitStatus.ok;
  } catch (error) {
    process.stderr.write(`${name}: ${explain(error)}\n`);
    return error instanceof ConfigError ? exitStatus.misconfigured : exitStatus.failed;
  }
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  // Once: a second signal finds no listener and does what signals do.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What went wrong, in one line when it is the user's to mend, with the stack when it is ours. */
function explain(error: unknown): string {
  if (error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
