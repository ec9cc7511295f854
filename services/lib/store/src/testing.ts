export { artifactStoreContract } from './artifact-store.contract.ts';
export { temporaryFolder } from './temporary-folder.ts';
