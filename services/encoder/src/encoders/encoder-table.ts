import { type Generated, type Migration, sql } from '@parallax/store';

/** A name and what it stands for. */
export interface EncoderRow {
  /** Which deployment it belongs to: replicas of one share their encoders, deployments do not. */
  readonly deployment: string;
  readonly name: string;
  readonly bundle_digest: string;
  /** Run that trained it; empty when none did. */
  readonly training_run_id: string;
  readonly create_time: Generated<Date>;
}

/** A bundle that was trained, by everything that decides its bytes. */
export interface TrainedBundleRow {
  /** sha256 of the canonical description of the training. */
  readonly key: string;
  readonly bundle_digest: string;
  /** The last metrics, as JSON. */
  readonly metrics: string;
}

/** The tables of the encoder service. */
export interface EncoderSchema {
  readonly encoders: EncoderRow;
  readonly trained_bundles: TrainedBundleRow;
}

/** Names compare byte by byte (`collate "C"`), so that pages have one order everywhere. */
export const encoderMigrations: readonly Migration[] = [
  {
    name: '001-create-encoders',
    up: async (transaction) => {
      await sql`create table encoders (
        deployment text not null,
        name text collate "C" not null,
        bundle_digest text not null,
        training_run_id text not null,
        create_time timestamptz not null default now(),
        primary key (deployment, name)
      )`.execute(transaction);
      await sql`create table trained_bundles (
        key text primary key,
        bundle_digest text not null,
        metrics text not null
      )`.execute(transaction);
    },
  },
];
