// Kysely is imported here alone; what its users need to write queries goes out with the store.
export {
  type Generated,
  type Insertable,
  type RawBuilder,
  type Selectable,
  sql,
  type Transaction,
  type Updateable,
} from 'kysely';
export { ArtifactCorruptError, ArtifactNotFoundError } from './artifact-errors.ts';
export { type ArtifactContent, type ArtifactStore, getJson, putJson } from './artifact-store.ts';
export { canonicalJson, type JsonValue } from './canonical-json.ts';
export { type Database, type DatabaseOptions, DatabaseUnreachableError, openDatabase } from './database.ts';
export { type EmbeddedDatabase, type EmbeddedDatabaseOptions, startEmbeddedDatabase } from './embedded-database.ts';
export { openFolderArtifactStore } from './folder-artifact-store.ts';
export { FolderLockedError } from './folder-lock.ts';
export { createMemoryArtifactStore } from './memory-artifact-store.ts';
export { type Migration, MigrationError, migrate } from './migrations.ts';
export { openState, type State, type StateOptions } from './open-state.ts';
export { livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';
