import { ConflictError, NotFoundError } from '@parallax/config';
import { type Database, migrate, type Selectable, sql } from '@parallax/store';
import { type EncoderRow, type EncoderSchema, encoderMigrations } from './encoder-table.ts';

/** A registered name. */
export interface RegisteredEncoder {
  readonly name: string;
  readonly bundleDigest: string;
  /** Empty when no run trained it. */
  readonly trainingRunId: string;
  readonly createTime: Date;
}

/** The encoders of one deployment, by name. */
export class EncoderRegistry {
  /** The last of those who want a name at the moment, by name. */
  private readonly turns = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly database: Database<EncoderSchema>,
    private readonly deployment: string,
  ) {}

  /** Creates the tables if need be. */
  static async open(database: Database<unknown>, deployment: string): Promise<EncoderRegistry> {
    await migrate(database, 'encoder', encoderMigrations);
    return new EncoderRegistry(database as unknown as Database<EncoderSchema>, deployment);
  }

  /** @throws NotFoundError naming the encoders there are. */
  async get(name: string): Promise<RegisteredEncoder> {
    const found = await this.find(name);
    if (found !== undefined) return found;
    const known = (await this.list({ size: mostNamed })).map((each) => each.name).join(', ');
    throw new NotFoundError(
      `encoder: expected ${known ? `one of ${known}` : 'one that is registered'}, got "${name}"`,
      {
        reason: 'ENCODER_NOT_FOUND',
        facts: { encoder: name, known },
      },
    );
  }

  async find(name: string): Promise<RegisteredEncoder | undefined> {
    const row = await this.rows().where('name', '=', name).executeTakeFirst();
    return row && encoderOf(row);
  }

  /** At most `size` encoders by name, those after `after` when given. */
  async list({ size, after }: { readonly size: number; readonly after?: string | undefined }) {
    const query = after === undefined ? this.rows() : this.rows().where('name', '>', after);
    return (await query.orderBy('name').limit(size).execute()).map(encoderOf);
  }

  /**
   * Gives a bundle a name. Giving it the same name again changes nothing.
   * @throws ConflictError when the name belongs to another bundle.
   */
  async register(name: string, bundleDigest: string, trainingRunId = ''): Promise<RegisteredEncoder> {
    const { deployment } = this;
    await sql`insert into encoders (deployment, name, bundle_digest, training_run_id)
      values (${deployment}, ${name}, ${bundleDigest}, ${trainingRunId})
      on conflict (deployment, name) do nothing`.execute(this.database);
    const registered = await this.get(name);
    if (registered.bundleDigest !== bundleDigest) throw nameTaken(registered);
    return registered;
  }

  /** Whoever wants the same name acts one after the other, within this process. */
  async inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
    const before = this.turns.get(name) ?? Promise.resolve();
    const turn = before.then(act, act);
    this.turns.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(name) === turn) this.turns.delete(name);
    }
  }

  /** Forgets a name; the artifacts stay. @throws NotFoundError */
  async unregister(name: string): Promise<void> {
    await this.get(name);
    const { deployment, database } = this;
    await database.deleteFrom('encoders').where('deployment', '=', deployment).where('name', '=', name).execute();
  }

  private rows() {
    return this.database.selectFrom('encoders').selectAll().where('deployment', '=', this.deployment);
  }
}

/** Names listed in an error. */
const mostNamed = 20;

/** The error of whoever wants a name that another bundle has. */
export function nameTaken({ name, bundleDigest }: RegisteredEncoder): ConflictError {
  return new ConflictError(
    `name: expected one that is free, got "${name}", which is the encoder ${bundleDigest.slice(0, 12)}; ` +
      'unregister it, or choose another name',
    { reason: 'NAME_TAKEN', facts: { name, bundleDigest } },
  );
}

function encoderOf(row: Selectable<EncoderRow>): RegisteredEncoder {
  return {
    name: row.name,
    bundleDigest: row.bundle_digest,
    trainingRunId: row.training_run_id,
    createTime: row.create_time,
  };
}
