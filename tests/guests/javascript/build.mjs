// Builds a component from a JavaScript module, with the WASI interfaces that a handler may import. Usage: node build.mjs MODULE WIT OUT

import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { componentize } from '@bytecodealliance/componentize-js';

const [source, witPath, out] = process.argv.slice(2);
process.chdir(dirname(source));
const { component } = await componentize({
  sourcePath: basename(source),
  witPath,
  worldName: 'env-pack-handler',
  disableFeatures: process.argv.slice(5),
});
await writeFile(out, component);
