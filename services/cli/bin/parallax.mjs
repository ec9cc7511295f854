#!/usr/bin/env node
// The `parallax` command. Installing builds nothing, so it first builds what is older than its sources (half a second).
import { isFresh } from '../../../deploy/build-stamp.mjs';

if (!isFresh()) {
  const { buildAll } = await import('../../../deploy/build.mjs');
  // What is wrong with the sources has been printed by then.
  await buildAll().catch(() => process.exit(1));
}
await import('../dist/main.js');
