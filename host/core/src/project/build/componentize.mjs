// Makes a component of a JavaScript module. Arguments: MODULE WIT OUT, in full.

import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { componentize } from '@bytecodealliance/componentize-js';

const [source, witPath, out] = process.argv.slice(1);

// a bare file name, because componentize-js hands the path on in a line that is split at blanks
process.chdir(dirname(source));
const { component } = await componentize({
  sourcePath: basename(source),
  witPath,
  worldName: 'handler',
  // with none of them the component imports nothing but the host's interfaces
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile(out, component);
