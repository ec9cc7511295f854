// What `npm test` runs: the static checks, then every test. Each static check counts as one test. The last line is
// always `N passed, M failed`, with `, K skipped` where there are any; the exit status says whether anything failed.
//
//   node test/run.mjs                 everything that needs no container engine
//   node test/run.mjs --containers    the contract suite against containers; needs a container engine
//   node test/run.mjs -- PATH…        only the tests in these files, without the static checks
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bin = path.join(root, 'node_modules', '.bin');
const containerSuite = 'test/contract/containers.test.ts';

const staticChecks = [
  ['types', 'tsc', '--noEmit'],
  ['types of the web pages', 'tsc', '--noEmit', '-p', 'services/gateway/web'],
  ['lint', 'biome', 'check', '--error-on-warnings', '--diagnostic-level=warn', '.'],
  ['contracts: lint', 'buf', 'lint', 'proto'],
  ['contracts: format', 'buf', 'format', '--diff', '--exit-code', 'proto'],
  ['contracts: generated code is fresh', process.execPath, 'proto/generate.mjs', '--check'],
];
const build = ['build', process.execPath, 'deploy/build.mjs'];

/** Runs a program in the repository and resolves to its exit status. */
function run(program, args) {
  const command = path.isAbsolute(program) ? program : path.join(bin, program);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}

async function runCheck([name, program, ...args]) {
  const start = performance.now();
  const passed = (await run(program, args)) === 0;
  console.log(`${passed ? '✓' : '✗'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

async function runVitest(args) {
  const scratch = await mkdtemp(path.join(tmpdir(), 'parallax-test-'));
  const report = path.join(scratch, 'report.json');
  try {
    const status = await run('vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${report}`,
      ...args,
    ]);
    const counts = countsOf(JSON.parse(await readFile(report, 'utf8').catch(() => '{}')));
    // A failure outside of any test, such as an unhandled rejection, fails the run as well.
    return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Counts of a vitest report; a file that could not be loaded has no tests and counts as one failed. */
function countsOf({ numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0, testResults = [] }) {
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  return { passed: numPassedTests, failed: numFailedTests + unloaded, skipped: numPendingTests + numTodoTests };
}

async function* allChecks(args) {
  const separator = args.indexOf('--');
  if (separator < 0 && !args.includes('--containers')) for (const check of staticChecks) yield runCheck(check);
  yield runCheck(build);
  if (args.includes('--containers')) yield runVitest([containerSuite]);
  else if (separator >= 0) yield runVitest(args.slice(separator + 1));
  else yield runVitest(['--exclude', containerSuite]);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for await (const counts of allChecks(process.argv.slice(2))) {
  for (const key of Object.keys(total)) total[key] += counts[key];
}
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
