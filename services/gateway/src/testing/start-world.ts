import path from 'node:path';
import { type ArtifactStore, openFolderArtifactStore } from '@parallax/store';
import { temporaryFolder } from '@parallax/store/testing';
import { silentLogger } from '@parallax/telemetry';
import { gatewayConfigSchema } from '../config.ts';
import { createGatewayServer, type GatewayConfig, type GatewayServer } from '../server.ts';
import { type FakeUpstreams, startFakeUpstreams } from './fake-upstreams.ts';

/** A gateway under test with everything around it. */
export interface World extends AsyncDisposable {
  readonly upstreams: FakeUpstreams;
  readonly artifacts: ArtifactStore;
  readonly gateway: GatewayServer;
  readonly config: GatewayConfig;
  /** `http://host:port` of the gateway. */
  readonly url: string;
  /** Starts the gateway anew on the same port. */
  restart(): Promise<void>;
}

/** Starts fake services and a gateway before them, all on free ports, with state in a folder of its own. */
export async function startWorld(overrides: Partial<GatewayConfig> = {}): Promise<World> {
  const folder = await temporaryFolder();
  const upstreams = await startFakeUpstreams();
  const given = { home: folder.path, port: 0, grpcPort: 0, ...upstreams.addresses, ...overrides };
  const config = { ...gatewayConfigSchema.parse({}), ...given };
  let gateway = await createGatewayServer(config, { logger: silentLogger });
  const { address } = gateway;
  return {
    upstreams,
    config,
    artifacts: await openFolderArtifactStore(path.join(folder.path, 'artifacts')),
    url: `http://${address}`,
    get gateway() {
      return gateway;
    },
    restart: async () => {
      await gateway.close();
      const port = Number(address.slice(address.lastIndexOf(':') + 1));
      gateway = await createGatewayServer({ ...config, port }, { logger: silentLogger });
    },
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      await upstreams[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
