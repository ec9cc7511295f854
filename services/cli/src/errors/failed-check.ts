/** What was checked is not as it should be. */
export class FailedCheck extends Error {
  override readonly name = 'FailedCheck';

  constructor(failures: readonly string[]) {
    super(failures.join('\n'));
  }
}
