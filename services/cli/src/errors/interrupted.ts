/** The user stopped the command (Ctrl-C, or a request to end). */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}
