import path from 'node:path';
import { startEmbeddedDatabase } from '@parallax/store';
import type { Command } from 'commander';
import { z } from 'zod';
import { integer } from '../options/fields.ts';
import { parseOptions } from '../options/parse-options.ts';
import type { Shell } from '../shell.ts';
import { untilInterrupted } from '../until-interrupted.ts';

const optionsSchema = z.object({ port: integer(0, 65_535) });

/** `parallax database`: the embedded database alone, for services that run as processes of their own. */
export function addDatabase(program: Command, shell: Shell): void {
  program
    .command('database')
    .description('serve the embedded database alone, for services started one by one with its DATABASE_URL')
    .option('--port <n>', 'port, 0 = any free', '5432')
    .action(async (typed) => {
      const { port } = parseOptions(optionsSchema, typed);
      const { home, host } = await shell.config();
      await using database = await startEmbeddedDatabase(path.join(home, 'database'), { host, port });
      shell.terminal.print(`DATABASE_URL=${database.url}`);
      await untilInterrupted(shell.signal);
    });
}
