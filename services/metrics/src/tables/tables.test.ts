import { proportion } from '@parallax/statistics';
import { describe, expect, it } from 'vitest';
import { type FormatName, formats } from './formats.ts';
import { number, type Report, share, text } from './report.ts';

const half = proportion(1, 2);
const report: Report = {
  name: 'example',
  tables: [
    {
      caption: 'A | b_c 100%',
      header: ['who', 'accuracy & more'],
      rows: [
        [text('sl_"tiny"'), share(half)],
        [text('cl, tiny'), number(undefined)],
        [text('mim'), number(1234.5678)],
      ],
    },
  ],
  fields: ['who', 'accuracy'],
  records: [
    { who: 'sl_"tiny"', accuracy: 0.5 },
    { who: 'cl, tiny', accuracy: null },
  ],
};

describe('formats', () => {
  it.each<[FormatName, string]>([
    ['CSV', 'who,accuracy\r\n"sl_""tiny""",0.5\r\n"cl, tiny",\r\n'],
    [
      'JSON',
      '[\n  {\n    "who": "sl_\\"tiny\\"",\n    "accuracy": 0.5\n  },\n  {\n    "who": "cl, tiny",\n    "accuracy": null\n  }\n]\n',
    ],
    [
      'MARKDOWN',
      [
        'A \\| b\\_c 100%',
        '',
        '| who | accuracy & more |',
        '| --- | ---: |',
        '| sl\\_"tiny" | 50.0 % [9.5, 90.5] |',
        '| cl, tiny | – |',
        '| mim | 1235 |',
        '',
      ].join('\n'),
    ],
    [
      'LATEX',
      [
        '% A | b_c 100%',
        '\\begin{tabular}{lr}',
        '\\toprule',
        'who & accuracy \\& more \\\\',
        '\\midrule',
        'sl\\_"tiny" & 50.0\\% [9.5, 90.5] \\\\',
        'cl, tiny & -- \\\\',
        'mim & 1235 \\\\',
        '\\bottomrule',
        '\\end{tabular}',
        '',
      ].join('\n'),
    ],
  ])('writes %s', (format, expected) => {
    expect(formats[format].render(report)).toBe(expected);
  });
});
