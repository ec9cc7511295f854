export { abandonment } from './abandon.ts';
export type { CallContext } from './call-context.ts';
export type { CallOptions } from './call-options.ts';
export { type Client, type ClientMethod, type ClientOptions, createClient } from './client.ts';
export { rpcErrorFrom } from './error-from.ts';
export {
  alreadyExists,
  cancelled,
  dataLoss,
  deadlineExceeded,
  failedPrecondition,
  internal,
  invalidArgument,
  notFound,
  resourceExhausted,
  unavailable,
} from './errors.ts';
export type { Handler, Handlers, ServiceImplementation, StreamHandler } from './handler.ts';
export { implement } from './implement.ts';
export type { Interceptor } from './interceptor.ts';
export { createJsonMethod, type GeneratedMethod, type JsonMethod } from './json/json-method.ts';
export { defaultDeadlineMs, defaultMaxMessageBytes } from './limits.ts';
export type { InputOf, MethodName, OutputOf, RequestOf, ResponseOf, Service } from './method.ts';
export { parseRequestId } from './parse-request-id.ts';
export { type Heard, reporting } from './reporting.ts';
export { type FieldViolation, RpcError, type RpcErrorDetails } from './rpc-error.ts';
export { type RunningService, runService, type ServiceEnvironment, type ServiceProgram } from './run-service.ts';
export { createServer, type RpcServer, type ServerOptions } from './server.ts';
export { httpStatusOf, type StatusName, statusNameOf } from './status.ts';
export { unimplemented } from './unimplemented.ts';
export { waitUntilServing } from './wait-until-serving.ts';
