import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { GenericContainer, Network, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { baseImage } from './base-image.ts';
import { type Deployment, environmentOf, type ProcessName, serviceOf, startGroups } from './deployment.ts';
import { logFile } from './logs.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const image = path.join(root, 'dist/image');

/** Port every container answers gRPC calls on. */
const grpcPort = 50_051;
const databasePort = 5_432;
const startMs = 120_000;
/** State of the deployment, as containers see it. */
const home = '/var/lib/parallax';

/** What all containers of a deployment share. */
interface Environment {
  readonly network: StartedNetwork;
  /** Folder of this machine that holds the state. */
  readonly state: string;
  /** Whatever was started, to be stopped in reverse order. */
  readonly started: StartedTestContainer[];
  /** Where the services are dialled from outside. */
  readonly addresses: Map<ProcessName, string>;
}

/**
 * Runs every service as a container, built from `deploy/Dockerfile`, in a network of their own, with one database
 * container between them and one folder for their artifacts.
 */
export async function startContainers(): Promise<Deployment> {
  execFileSync(process.execPath, [path.join(root, 'deploy/stage-image.mjs')], { stdio: 'inherit' });
  const network = await new Network().start();
  const state = await mkdtemp(path.join(tmpdir(), 'parallax-contract-'));
  // The user inside the containers is not the one outside.
  await chmod(state, 0o777);
  const environment: Environment = { network, state, started: [], addresses: new Map() };
  const stop = async () => {
    for (const container of environment.started.reverse()) await container.stop();
    await network.stop();
    await rm(state, { recursive: true, force: true });
  };
  try {
    await startDatabase(environment);
    for (const group of startGroups) await Promise.all(group.map((name) => startService(name, environment)));
    return {
      addresses: Object.fromEntries(environment.addresses) as Record<ProcessName, string>,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(environment: Environment): Promise<void> {
  const container = await containerOf('cli', 'database', environment);
  const started = await container
    .withNetworkAliases('database')
    .withCommand(['database', '--port', `${databasePort}`])
    .withWaitStrategy(Wait.forLogMessage(/DATABASE_URL=/).withStartupTimeout(startMs))
    .start();
  environment.started.push(started);
}

async function startService(name: ProcessName, environment: Environment): Promise<void> {
  const container = await containerOf(serviceOf(name), name, environment);
  const own = name === 'gateway' ? { PARALLAX_PORT: '8080', PARALLAX_GRPC_PORT: `${grpcPort}` } : {};
  const started = await container
    .withNetworkAliases(name)
    .withEnvironment({
      DATABASE_URL: `postgres://postgres@database:${databasePort}/postgres?sslmode=disable`,
      ...environmentOf(name, (peer) => `${peer}:${grpcPort}`),
      ...own,
    })
    .withExposedPorts(grpcPort)
    .withWaitStrategy(Wait.forLogMessage(/"msg":"listening"/).withStartupTimeout(startMs))
    .start();
  environment.started.push(started);
  environment.addresses.set(name, `${started.getHost()}:${started.getMappedPort(grpcPort)}`);
}

const images = new Map<string, Promise<GenericContainer>>();
let base: Promise<string> | undefined;

/** A container of a service, not yet started; its image is built when first needed. */
async function containerOf(
  service: string,
  process: string,
  { network, state }: Environment,
): Promise<GenericContainer> {
  const built = images.get(service) ?? buildImage(service);
  images.set(service, built);
  await built;
  return new GenericContainer(imageName(service))
    .withNetwork(network)
    .withBindMounts([{ source: state, target: home, mode: 'rw' }])
    .withLogConsumer((stream) => stream.pipe(logFile('containers', process)));
}

function imageName(service: string): string {
  return `parallax-${service}:test`;
}

async function buildImage(service: string): Promise<GenericContainer> {
  base ??= baseImage(image);
  return GenericContainer.fromDockerfile(image)
    .withBuildArgs({ BASE: await base, SERVICE: service })
    .build(imageName(service), { deleteOnExit: false });
}
