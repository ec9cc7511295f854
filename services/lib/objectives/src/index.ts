export { createDraws, type Draw, type Draws, type DrawSpec, fillDraw, type Law } from './draws.ts';
