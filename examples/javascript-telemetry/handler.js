// A telemetry handler in JavaScript, which checks Node.js and an endpoint.

import { answersJson } from 'greentic:env-pack/binding@0.1.0';
import { reach } from 'greentic:env-pack/network@0.1.0';
import { probe } from 'greentic:env-pack/tools@0.1.0';

export const handler = {
  // The first three return constants, which the host reads when it loads the handler. It refuses a handler that calls
  // an import other than the log meanwhile.
  slot: () => 'telemetry',
  descriptorPath: () => 'acme.telemetry.javascript-demo',
  supportedVersions: () => '^0.1',

  preflight: () => [
    { name: 'node', description: 'Node.js on PATH', outcome: checkNode() },
    { name: 'endpoint', description: 'The configured endpoint answers', outcome: checkEndpoint() },
  ],
};

// Checks the version of node; the pack must declare exactly this command.
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
      default: // `denied` and `io` have a reason
        return problem(failure.val);
    }
  }
  if (output.exitCode !== 0) {
    return problem(`it ended with exit code ${output.exitCode}: ${firstLine(output.stderr)}`);
  }
  return ok(firstLine(output.stdout));
}

// Connects to the address in the answer `endpoint`, if any; the pack must declare it.
function checkEndpoint() {
  const endpoint = JSON.parse(answersJson())?.endpoint ?? null;
  if (endpoint === null) return ok('no endpoint configured');
  // an IPv6 address is in brackets, because it contains colons
  const [, host, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(endpoint) ?? [];
  // checked here, because a port that does not fit its type would be truncated to another one
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
        return unreachable(`${endpoint} did not answer in time`, 'check the network and its firewalls');
      default: // `io` has a reason
        return unreachable(failure.val, 'check the network and its firewalls');
    }
  }
}

// The error of an import is thrown, with its value as `payload`; anything else is a bug in this file.
function failureIn(error) {
  if (error?.payload === undefined) throw error;
  return error.payload;
}

const ok = (text) => ({ tag: 'ok', val: text });
const problem = (detail) => ({ tag: 'probe-error', val: { detail } });
const unreachable = (detail, recoveryHint) => ({ tag: 'unreachable', val: { detail, recoveryHint } });
// a text of a check has at most 64 KiB
const firstLine = (text) => text.trim().split('\n')[0].slice(0, 200) || 'nothing';
