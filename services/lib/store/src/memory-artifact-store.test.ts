import { artifactStoreContract } from './artifact-store.contract.ts';
import { createMemoryArtifactStore } from './memory-artifact-store.ts';

artifactStoreContract('memory', async () => createMemoryArtifactStore());
