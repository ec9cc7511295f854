#!/usr/bin/env node
// The `parallax` command. Installing builds nothing, so it first builds what is older than its sources (half a second).
import { isFresh } from '../../../deploy/build-stamp.mjs';

if (!isFresh()) {
  const { buildAll } = await import('../../../deploy/build.mjs');
  await buildAll();
}
await import('../dist/main.js');
