export { implementPartly } from './testing/implement-partly.ts';
