import manifest from '../package.json' with { type: 'json' };

/** Version of Parallax. */
export const version: string = manifest.version;
