// A client in thirty lines that knows nothing of Parallax but its contracts: it embeds two images, attacks them, and
// reads the transfer matrix of an experiment. Usage: node plain-client.mjs ENCODER_ADDRESS ATTACK_ADDRESS
// METRICS_ADDRESS ENCODER EXPERIMENT
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [encoderAddress, attackAddress, metricsAddress, encoder, experimentId] = process.argv.slice(2);
const files = ['encoder/v1/encoder_service', 'attack/v1/attack_service', 'metrics/v1/metrics_service'];
const protos = fileURLToPath(new URL('../../proto', import.meta.url));
const definition = loader.loadSync(
  files.map((name) => `parallax/${name}.proto`),
  { includeDirs: [protos] },
);
const { parallax } = grpc.loadPackageDefinition(definition);
const connect = (Service, address) => new Service(address, grpc.credentials.createInsecure());

const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, index) => (index % 97) / 97);
const images = { datatype: 'FP32', shape: [2, 3, 32, 32], contents: Buffer.from(pixels.buffer) };

const encoders = connect(parallax.encoder.v1.EncoderService, encoderAddress);
const { vectors } = await promisify(encoders.embed.bind(encoders))({ encoder, images });

const call = connect(parallax.attack.v1.AttackService, attackAddress).attack();
const attack = { name: 'fgsm', budget: { norm: 'NORM_LINF', epsilon: 8 / 255 } };
call.write({ opening: { sources: [{ encoder: { name: encoder } }], attack, seed: 0 } });
call.write({ batch: { images, labels: [0, 1] } });
call.end();
const answers = await call.toArray();
const records = answers.flatMap(({ batch }) => batch?.records ?? []);

const metrics = connect(parallax.metrics.v1.MetricsService, metricsAddress);
const { matrix } = await promisify(metrics.getTransferMatrix.bind(metrics))({ experimentId });
console.log(JSON.stringify({ features: vectors.shape, records: records.length, rows: matrix.rows.length }));
process.exit(0);
