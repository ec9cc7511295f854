// Writes the page on operators to the path given.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { operatorPage } from './operator-table.ts';

const [, , out] = process.argv;
if (out === undefined) throw new Error('expected the path of the page');
writeFileSync(out, operatorPage());
