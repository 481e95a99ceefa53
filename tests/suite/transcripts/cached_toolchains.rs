//! Toolchains that cache the component of the same source files. Their builds are not
//! reproducible, and the host takes half a minute to compile each new component.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::toolchains::{component, toolchains};

const COMPONENTIZE_PY: &str = r#"#!/bin/sh
set -e
cached=TOOLCHAINS/cached/$(cat requirements.txt *.py wit/*.wit wit/deps/*/*.wit | sha256sum | cut -c 1-64).wasm
for argument; do
    [ "$before" != --output ] || out=$argument
    before=$argument
done
if ! [ -f "$cached" ]; then
    VIRTUAL_ENV=TOOLCHAINS/python-secrets/.venv TOOLCHAINS/python-secrets/.venv/bin/componentize-py "$@"
    cp "$out" "$cached.$$"
    mv "$cached.$$" "$cached"
fi
cp "$cached" "$out"
"#;

const COMPONENTIZE_JS: &str = r#"
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentize as make } from 'TOOLCHAINS/javascript-telemetry/node_modules/@bytecodealliance/componentize-js/src/componentize.js';

export async function componentize(options) {
  const hash = createHash('sha256');
  const worlds = readdirSync(options.witPath, { recursive: true }).map((name) => join(options.witPath, name));
  const files = ['package-lock.json', ...readdirSync('.').filter((name) => name.endsWith('.js')), ...worlds].sort();
  files.filter((name) => /\.\w+$/.test(name)).forEach((name) => hash.update(readFileSync(name)));
  const cached = `TOOLCHAINS/cached/${hash.digest('hex')}.wasm`;
  if (!existsSync(cached)) {
    const { component } = await make(options);
    writeFileSync(`${cached}.${process.pid}`, component);
    renameSync(`${cached}.${process.pid}`, cached);
  }
  return { component: readFileSync(cached) };
}
"#;

/// Creates a virtual environment with a caching componentize-py.
pub(super) fn python(venv: &Path) {
    component("python-secrets");
    let program = venv.join("bin/componentize-py");
    write(&program, COMPONENTIZE_PY);
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// Creates a `node_modules` with a caching componentize-js.
pub(super) fn javascript(modules: &Path) {
    component("javascript-telemetry");
    let package = modules.join("@bytecodealliance/componentize-js");
    write(&package.join("index.js"), COMPONENTIZE_JS);
    write(&package.join("package.json"), r#"{"type": "module", "exports": "./index.js"}"#);
}

fn write(path: &Path, text: &str) {
    let toolchains = toolchains();
    fs::create_dir_all(toolchains.join("cached")).expect("a folder");
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text.replace("TOOLCHAINS", &toolchains.display().to_string())).expect("a file");
}
