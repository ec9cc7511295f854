import { NotFoundError } from '@parallax/config';
import type { EncoderRef } from '@parallax/proto/parallax/common/v1/encoder_ref';
import type { Encoder } from '@parallax/proto/parallax/encoder/v1/encoder';
import { EncoderServiceService } from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type CallOptions, type Client, createClient, RpcError } from '@parallax/rpc';
import { paradigmName } from './paradigms.ts';

/** A client of one encoder deployment. */
export type EncoderClient = Client<EncoderServiceService>;

/** An encoder and who serves it. */
export interface FoundEncoder {
  readonly client: EncoderClient;
  readonly encoder: Encoder;
}

/** Finds the deployment behind an EncoderRef. Clients are made once an address. */
export class EncoderDirectory implements Disposable {
  private readonly clients = new Map<string, EncoderClient>();

  /** `deployments` maps paradigms (`sl`, `cl`, `mim`, `dm`) to `host:port`. */
  constructor(private readonly deployments: ReadonlyMap<string, string>) {}

  /**
   * The deployment configured for a paradigm.
   * @throws NotFoundError when none is.
   */
  deployment(paradigm: string): EncoderClient {
    const address = this.deployments.get(paradigm);
    if (address !== undefined) return this.clientAt(address);
    const known = [...this.deployments.keys()].join(', ');
    throw new NotFoundError(`encoders: expected a deployment of one of ${known}, got ${paradigm}`, {
      reason: 'ENCODER_NOT_FOUND',
      facts: { paradigm, known },
    });
  }

  /**
   * Resolves a reference as EncoderRef documents: by its address; else by its paradigm; else by asking each deployment.
   * @throws NotFoundError when nobody has the encoder; RpcError when those that answer do not have it, and another does
   * not answer.
   */
  async find({ name, paradigm, address }: EncoderRef, options?: CallOptions): Promise<FoundEncoder> {
    let unreachable: RpcError | undefined;
    for (const client of this.candidates(paradigmName(paradigm), address)) {
      try {
        const encoder = await findIn(client, name, options);
        if (encoder) return { client, encoder };
      } catch (error) {
        if (!(error instanceof RpcError) || error.status !== 'UNAVAILABLE') throw error;
        unreachable ??= error;
      }
    }
    if (unreachable !== undefined) throw unreachable;
    throw new NotFoundError(`encoder: expected the name of a registered one, got "${name}"`, {
      reason: 'ENCODER_NOT_FOUND',
      facts: { encoder: name },
    });
  }

  private candidates(paradigm: string | undefined, address: string): readonly EncoderClient[] {
    if (address !== '') return [this.clientAt(address)];
    if (paradigm !== undefined) return [this.deployment(paradigm)];
    return [...this.deployments.values()].map((each) => this.clientAt(each));
  }

  private clientAt(address: string): EncoderClient {
    const client = this.clients.get(address) ?? createClient(EncoderServiceService, address);
    this.clients.set(address, client);
    return client;
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

async function findIn(client: EncoderClient, name: string, options?: CallOptions): Promise<Encoder | undefined> {
  try {
    return (await client.getEncoder({ name }, options)).encoder;
  } catch (error) {
    if (error instanceof RpcError && error.status === 'NOT_FOUND') return undefined;
    throw error;
  }
}
