import { integers } from '@parallax/tensor';

/** Two numbers below this make an exact double. */
const half = 2 ** 26;

/**
 * The seed of the noise that changed images are verified with. An attack on a stochastic encoder keeps what its own draws
 * say is broken; whether that holds is for other draws to say.
 */
export function verificationSeed(seed: bigint): bigint {
  const [high = 0, low = 0] = integers({ seed, purpose: 'attack.verification' }, 2, half);
  return BigInt(high) * BigInt(half) + BigInt(low);
}
