import process from 'node:process';
import { createLogger, startTelemetry } from '@parallax/telemetry';
import { createClosers } from './local/closers.ts';
import { openLogFile } from './local/log-file.ts';
import type { LocalOptions } from './local/options.ts';
import { createPeers, type Peers } from './local/peers.ts';
import type { ServiceName } from './local/service-names.ts';
import { removeServiceRecord, writeServiceRecord } from './local/service-record.ts';
import { starters } from './local/starters.ts';
import { openSharedState } from './local/state.ts';
import type { Shell } from './shell.ts';

/** Services that run in this process. */
export interface LocalServices extends AsyncDisposable {
  /** What runs and where it listens, in the order of starting. */
  readonly services: readonly { readonly name: ServiceName; readonly address: string }[];
  /** Path of their log. */
  readonly logFile: string;
  /** Address of any service: one of these, else where the configuration says. */
  addressOf(name: ServiceName): string;
}

/**
 * Runs services in this process, each a server of its own on its own port. They share one database, one artifact folder
 * and one engine. Their addresses are written down in the home folder for other commands.
 *
 * @throws ConflictError when a port or the home is in use; nothing is left running then.
 */
export async function startLocalServices(options: LocalOptions, shell: Shell): Promise<LocalServices> {
  const config = await shell.config();
  const closers = createClosers();
  try {
    const telemetry = await startTelemetry({ service: 'parallax', otlpEndpoint: config.otlpEndpoint });
    closers.add(() => telemetry.shutdown());
    const shared = await openSharedState(config, closers);
    const { home, host, logLevel, dataDir } = config;
    // Only now that the home is ours: another process may be writing to the log of its services.
    const log = openLogFile(home);
    closers.add(log.close);
    const peers = createPeers(config);
    const services: { name: ServiceName; address: string }[] = [];
    for (const name of options.only) {
      shell.signal.throwIfAborted();
      const logger = createLogger({ service: `parallax-${name}`, level: logLevel, destination: log });
      const settings = {
        home,
        host,
        logLevel,
        dataDir,
        databaseUrl: shared.databaseUrl,
        port: String(options.port[name]),
      };
      const env = { ...shell.env, ...peers.variables() };
      const service = await starters[name]({ settings, env, dependencies: { ...shared, logger } });
      closers.add(() => service.close());
      peers.add(name, service.address);
      services.push({ name, address: service.address });
    }
    await record(config.home, services, peers);
    closers.add(() => removeServiceRecord(config.home, process.pid));
    return { services, logFile: log.path, addressOf: peers.addressOf, [Symbol.asyncDispose]: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function record(home: string, services: LocalServices['services'], peers: Peers): Promise<void> {
  const gateway = services.find(({ name }) => name === 'gateway')?.address;
  await writeServiceRecord(home, { pid: process.pid, gateway, addresses: peers.variables() });
}
