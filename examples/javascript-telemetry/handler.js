// A telemetry handler in JavaScript: what it is, and what it needs of the machine.

import { answersJson } from 'greentic:env-pack/binding@0.1.0';
import { reach } from 'greentic:env-pack/network@0.1.0';
import { probe } from 'greentic:env-pack/tools@0.1.0';

export const handler = {
  // The first three are constants: the host calls them when it loads the handler, and refuses one that asks for
  // anything but the log meanwhile.
  slot: () => 'telemetry',
  descriptorPath: () => 'acme.telemetry.javascript-demo',
  supportedVersions: () => '^0.1',

  preflight: () => [
    { name: 'node', description: 'Node.js on PATH', outcome: checkNode() },
    { name: 'endpoint', description: 'The configured endpoint answers', outcome: checkEndpoint() },
  ],
};

// Asks the operator's node for its version; the pack must declare exactly this command.
function checkNode() {
  let output;
  try {
    output = probe('node', ['--version']);
  } catch (error) {
    const failure = failureIn(error);
    switch (failure.tag) {
      case 'not-found':
        return { tag: 'missing', val: { installHint: 'install Node.js from https://nodejs.org/' } };
      case 'timed-out':
        return problem('it did not answer in time');
      default: // `denied` and `io` say why
        return problem(failure.val);
    }
  }
  if (output.exitCode !== 0) {
    return problem(`it ended with exit code ${output.exitCode}: ${firstLine(output.stderr)}`);
  }
  return ok(firstLine(output.stdout));
}

// Tries the address that the operator configured as `endpoint`, if any; the pack must declare it.
function checkEndpoint() {
  const endpoint = JSON.parse(answersJson())?.endpoint ?? null;
  if (endpoint === null) return ok('no endpoint configured');
  // an IPv6 address stands between brackets, because it has colons of its own
  const [, host, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(endpoint) ?? [];
  // checked here, because a port that does not fit its type is cut down to another one on its way to the host
  if (!(port >= 1 && port <= 65535)) return problem('`endpoint` is not of the form host:port');
  try {
    reach(host, Number(port));
    return ok(`${endpoint} answers`);
  } catch (error) {
    const failure = failureIn(error);
    switch (failure.tag) {
      case 'denied':
        return problem(failure.val);
      case 'not-found':
        return unreachable(`the name in ${endpoint} does not resolve`, 'correct `endpoint` in the answers');
      case 'refused':
        return unreachable(`nothing listens on ${endpoint}`, 'start the collector, or correct `endpoint` in the answers');
      case 'timed-out':
        return unreachable(`${endpoint} did not answer in time`, 'check the network and the firewalls on the way');
      default: // `io` says why
        return unreachable(failure.val, 'check the network and the firewalls on the way');
    }
  }
}

// The error of an import is thrown, with its value as `payload`; anything else thrown is a fault in this file.
function failureIn(error) {
  if (error?.payload === undefined) throw error;
  return error.payload;
}

const ok = (text) => ({ tag: 'ok', val: text });
const problem = (detail) => ({ tag: 'probe-error', val: { detail } });
const unreachable = (detail, recoveryHint) => ({ tag: 'unreachable', val: { detail, recoveryHint } });
// a text of a check has at most 64 KiB, and a person reads it
const firstLine = (text) => text.trim().split('\n')[0].slice(0, 200) || 'nothing';
