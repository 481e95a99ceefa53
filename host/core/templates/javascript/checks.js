// Reads the output of programs. This module needs no sandbox, so it can be tested anywhere.

export const OLDEST = 20;
const installHint = 'install it from https://nodejs.org/';

// The outcome of a program that ran.
export function checkOutput({ exitCode, stdout }) {
  if (exitCode !== 0) return problem(`it ended with exit code ${exitCode}`);
  const [found, major] = /(\d{1,9})(?:\.\d{1,9})+/.exec(stdout) ?? [];
  if (found === undefined) return problem('it printed no version');
  if (Number(major) < OLDEST) {
    return { tag: 'version-mismatch', val: { found, required: `>=${OLDEST}`, installHint } };
  }
  return { tag: 'ok', val: found };
}

// The outcome of a program that did not run to its end: a case of `tools.failure`.
export function checkFailure({ tag, val }) {
  if (tag === 'not-found') return { tag: 'missing', val: { installHint } };
  return problem(tag === 'timed-out' ? 'it did not answer in time' : val);
}

const problem = (detail) => ({ tag: 'probe-error', val: { detail } });
