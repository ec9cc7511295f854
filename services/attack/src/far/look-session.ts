import {
  type ValueAndGradientSessionRequest_Opening as Opening,
  ValueAndGradientSessionResponse_Plan as Plan,
  type ValueAndGradientSessionRequest_Query as Query,
  type ValueAndGradientSessionRequest as Request,
  type ValueAndGradientSessionResponse as Response,
} from '@parallax/proto/parallax/encoder/v1/encoder_service';
import { type CallOptions, RpcError } from '@parallax/rpc';
import { blaming } from '../attacking/blame-source.ts';
import type { Source } from '../attacking/source.ts';
import { Outbox } from './outbox.ts';

/** Looks at one batch through one encoder, which keeps the batch as long as the session lasts. */
export class LookSession implements AsyncDisposable {
  readonly #source: Source;
  readonly #requests = new Outbox<Request>();
  readonly #answers: AsyncIterator<Response>;
  readonly #over = new AbortController();
  /** Nothing is being waited for, and nothing has failed. */
  #isIdle = true;
  #plan = Plan.create();

  private constructor(source: Source, { signal, ...options }: CallOptions) {
    this.#source = source;
    const signals = [this.#over.signal, ...(signal === undefined ? [] : [signal])];
    const stopped = { ...options, signal: AbortSignal.any(signals) };
    this.#answers = source.client.valueAndGradientSession(this.#requests.messages(), stopped)[Symbol.asyncIterator]();
  }

  /** @throws RpcError that names the source, for whatever the encoder service refuses or fails at. */
  static async open(source: Source, opening: Opening, options: CallOptions): Promise<LookSession> {
    const session = new LookSession(source, options);
    try {
      const { plan } = await session.#ask({ message: { $case: 'opening', value: opening } });
      if (plan !== undefined) session.#plan = plan;
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What looks are like. */
  get plan(): Plan {
    return this.#plan;
  }

  /** One look, once that before has been answered. @throws as {@link open}. */
  look(query: Query): Promise<Response> {
    return this.#ask({ message: { $case: 'query', value: query } });
  }

  /** Ends the session: at once where something is under way or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.end();
    if (!this.#isIdle) this.#over.abort();
    // An encoder that can no longer say goodbye has failed nobody.
    await this.#answers.next().catch(() => undefined);
  }

  async #ask(request: Request): Promise<Response> {
    this.#isIdle = false;
    const answer = await blaming(this.#source, async () => {
      this.#requests.put(request);
      const { done, value } = await this.#answers.next();
      if (done === true) throw new RpcError('INTERNAL', 'expected an answer, got the end of the session');
      return value;
    });
    this.#isIdle = true;
    return answer;
  }
}
