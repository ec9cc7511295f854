/**
 * One RPC as the generated code describes it. `never` is what admits methods of every message: nothing but a method's
 * own messages may be given to it.
 */
export interface Method {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (response: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/** A service as the generated code describes it: `typeof EncoderServiceService`. */
export type Service = { readonly [name: string]: Method };

/** Message a method receives. */
export type RequestOf<M> = M extends { readonly requestDeserialize: (bytes: Buffer) => infer Request }
  ? Request
  : never;

/** Message a method answers with. */
export type ResponseOf<M> = M extends { readonly responseDeserialize: (bytes: Buffer) => infer Response }
  ? Response
  : never;

/** What a method takes: one message, or a stream of them. */
export type InputOf<M> = M extends { readonly requestStream: true } ? AsyncIterable<RequestOf<M>> : RequestOf<M>;

/** What a method gives: one message, or a stream of them. */
export type OutputOf<M> = M extends { readonly responseStream: true }
  ? AsyncIterable<ResponseOf<M>>
  : Promise<ResponseOf<M>>;

/** Names of a method, from its path `/package.Service/Method`. */
export interface MethodName {
  /** `package.Service`. */
  readonly service: string;
  /** `Method`. */
  readonly method: string;
  /** `package.Service/Method`. */
  readonly full: string;
}

/** Splits the path of a method. */
export function nameOfMethod({ path }: { readonly path: string }): MethodName {
  const [, service = '', method = ''] = path.split('/');
  return { service, method, full: `${service}/${method}` };
}

/** Full name of a service, such as `parallax.encoder.v1.EncoderService`. */
export function nameOfService(service: Service): string {
  const [first] = Object.values(service);
  return first === undefined ? '' : nameOfMethod(first).service;
}
