import path from 'node:path';
import { createServer, type RpcServer, type RunningService } from '@parallax/rpc';
import { openFolderArtifactStore } from '@parallax/store';
import type { Logger } from '@parallax/telemetry';
import { createApp } from './app.ts';
import type { GatewayConfig } from './config.ts';
import { listen } from './http/listen.ts';
import { loadPage } from './load-page.ts';
import { createUpstreams } from './upstream/upstreams.ts';

export { type GatewayConfig, gatewayConfigSchema } from './config.ts';

/** What the gateway needs from outside. */
export interface GatewayDependencies {
  readonly logger: Logger;
}

/** A gateway that runs. */
export interface GatewayServer extends RunningService, AsyncDisposable {
  /** `host:port` of pages and API. */
  readonly address: string;
  /** `host:port` of gRPC health and reflection. */
  readonly grpcAddress: string;
}

/**
 * Creates the gateway and starts listening, on one port for HTTP and on one for gRPC.
 *
 * @throws ConflictError when a port is in use.
 */
export async function createGatewayServer(
  config: GatewayConfig,
  { logger }: GatewayDependencies,
): Promise<GatewayServer> {
  const artifacts = await openFolderArtifactStore(path.join(config.home, 'artifacts'));
  const page = await loadPage(config.webDir);
  if (page.size === 0) logger.warn('the page is not built, only the API is served', { folder: config.webDir });
  const upstreams = createUpstreams(config);
  const closing = new AbortController();
  const { corsOrigins, host } = config;
  const app = createApp({ upstreams, artifacts, logger, page, corsOrigins, closing: closing.signal });
  const rpc = await createServer({ services: [], host, port: config.grpcPort, logger });
  const http = await listenOrClose(rpc, () => listen(app.fetch, host, config.port));
  const close = async () => {
    closing.abort();
    await Promise.all([http.close(), rpc.close()]);
    upstreams[Symbol.dispose]();
  };
  return { address: http.address, grpcAddress: rpc.address, close, [Symbol.asyncDispose]: close };
}

/** A gateway that cannot have its HTTP port must not keep its gRPC port. */
async function listenOrClose<T>(rpc: RpcServer, listenToo: () => Promise<T>): Promise<T> {
  try {
    return await listenToo();
  } catch (error) {
    await rpc.close();
    throw error;
  }
}
