import { randomBytes } from 'node:crypto';

/** Crockford's digits: in code-unit order, without look-alikes. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
const timeDigits = 10;
const randomDigits = 16;

let lastTime = 0;

/** A new run id, after ULID: milliseconds since 1970, then 80 random bits. Ids sort by time, strictly so within a process. */
export function createRunId(): string {
  lastTime = Math.max(Date.now(), lastTime + 1);
  let id = '';
  for (let rest = lastTime, place = 0; place < timeDigits; place++) {
    id = digits.charAt(rest % 32) + id;
    rest = Math.floor(rest / 32);
  }
  for (const byte of randomBytes(randomDigits)) id += digits.charAt(byte % 32);
  return id;
}
