import { Server, type ServiceDefinition, setLogger, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthService } from '@parallax/proto/grpc/health/v1/health';
import type { Logger } from '@parallax/telemetry';
import type { ServiceImplementation } from './handler.ts';
import { createHealth } from './health.ts';
import { type Interceptor, intercept } from './interceptor.ts';
import { limitConcurrency } from './interceptors/limit-concurrency.ts';
import { logCalls } from './interceptors/log-calls.ts';
import { mapErrors } from './interceptors/map-errors.ts';
import { traceCalls } from './interceptors/trace-calls.ts';
import {
  defaultDrainMs,
  defaultMaxConcurrentCalls,
  defaultMaxMessageBytes,
  flowControlWindowBytes,
  keepaliveMs,
} from './limits.ts';
import { addressOf, listen } from './listen.ts';
import { type Method, nameOfMethod, nameOfService, type Service } from './method.ts';
import { reflectionOf } from './reflection.ts';
import { type ActiveCall, type ServerCall, serveCall } from './serve-call.ts';
import { shutDown } from './shutdown.ts';

/** What a server needs. */
export interface ServerOptions {
  /** What it serves, besides health and reflection. */
  readonly services: readonly ServiceImplementation[];
  /** Address to listen on, such as `127.0.0.1`. */
  readonly host: string;
  /** Port to listen on; 0 takes any free one. */
  readonly port: number;
  /** Where calls are logged. */
  readonly logger: Logger;
  /** Further interceptors, inside the standard ones. */
  readonly interceptors?: readonly Interceptor[];
  /** Whether calls are accepted from the start; default true. Else health says NOT_SERVING until `setServing(true)`. */
  readonly serving?: boolean;
  /** Largest message, in bytes; default 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Calls worked on at a time; default 1024. */
  readonly maxConcurrentCalls?: number;
}

/** A server that listens. */
export interface RpcServer extends AsyncDisposable {
  /** `host:port`, to be dialled. */
  readonly address: string;
  /** Port it got. */
  readonly port: number;
  /** Changes what health says. */
  setServing(serving: boolean): void;
  /**
   * Stops: health says NOT_SERVING, watching calls end, other calls get `drainMs` to finish (default 5 s) and are then
   * abandoned with UNAVAILABLE. Resolves when the port is free.
   */
  close(drainMs?: number): Promise<void>;
}

/**
 * Creates a server and starts listening.
 *
 * @throws ConflictError when the address is in use or cannot be had.
 */
export async function createServer(options: ServerOptions): Promise<RpcServer> {
  const { services, host, logger, maxMessageBytes = defaultMaxMessageBytes } = options;
  setLogger(transportLogger(logger));
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
    'grpc-node.flow_control_window': flowControlWindowBytes,
  });
  const names = services.map(({ service }) => nameOfService(service));
  const health = createHealth(names, options.serving ?? true);
  const infrastructure = [health.implementation, ...reflectionOf([...names, nameOfService(HealthService)])];
  const calls = new Set<ActiveCall>();
  const interceptors = interceptorsOf(options);
  for (const implementation of [...services, ...infrastructure]) {
    addService(server, implementation, interceptors, calls, logger);
  }
  const port = await listen(server, host, options.port);
  let closing: Promise<void> | undefined;
  const close = (drainMs = defaultDrainMs) => {
    health.setServing(false);
    closing ??= shutDown(server, calls, drainMs);
    return closing;
  };
  const { setServing } = health;
  return { address: addressOf(host, port), port, setServing, close, [Symbol.asyncDispose]: () => close() };
}

/** Everything done around each call, outermost first. */
function interceptorsOf({ maxConcurrentCalls = defaultMaxConcurrentCalls, interceptors = [] }: ServerOptions) {
  return [traceCalls, logCalls, mapErrors, limitConcurrency(maxConcurrentCalls), ...interceptors];
}

function addService(
  server: Server,
  { service, methods }: ServiceImplementation,
  interceptors: readonly Interceptor[],
  calls: Set<ActiveCall>,
  logger: Logger,
): void {
  const implementations: UntypedServiceImplementation = {};
  for (const { method, handle } of methods) {
    const handler = intercept(handle, interceptors);
    const rpc = nameOfMethod(method);
    implementations[method.path] = (call: ServerCall) => {
      const active = serveCall(call, rpc, handler, logger);
      calls.add(active);
      void active.done.then(() => calls.delete(active));
    };
  }
  server.addService(asStreams(service), implementations);
}

/** The same service with every method declared as a two-way stream: the bytes on the wire do not change. */
function asStreams(service: Service): ServiceDefinition {
  const streamed = (method: Method) => ({ ...method, requestStream: true, responseStream: true });
  const methods = Object.values(service).map((method) => [method.path, streamed(method)]);
  return Object.fromEntries(methods) as ServiceDefinition;
}

function transportLogger(logger: Logger): Partial<Console> {
  const write = (text: unknown) => logger.debug('transport', { text: String(text) });
  return { error: write, info: write, debug: write };
}
