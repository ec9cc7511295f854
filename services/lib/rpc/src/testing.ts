export { collect, failureOf } from './testing/calls.ts';
export { implementPartly } from './testing/implement-partly.ts';
