// Makes a component of a JavaScript module. Usage: node build.mjs MODULE WIT OUT, with absolute paths

import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { componentize } from '@bytecodealliance/componentize-js';

const [source, witPath, out] = process.argv.slice(2);

// A bare file name, because componentize-js hands the path on in a line that is split at blanks
process.chdir(dirname(source));
const { component } = await componentize({
  sourcePath: basename(source),
  witPath,
  worldName: 'handler',
  // With none of them the component imports nothing but the host's interfaces. Without `stdio` in the list, it imports WASI
  // too, and the host can report an error that nobody catches.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile(out, component);
