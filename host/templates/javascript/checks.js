// What the handler makes of what programs print. Nothing here needs the sandbox, so that it can be tested anywhere.

const OLDEST = 20;
const installHint = 'install it from https://nodejs.org/';

// A program that ran.
export function judge({ exitCode, stdout }) {
  const [found, major] = /(\d+)(?:\.\d+)+/.exec(stdout) ?? [];
  if (exitCode !== 0 || found === undefined) {
    return problem(`it ended with exit code ${exitCode} and printed no version`);
  }
  if (Number(major) < OLDEST) {
    return { tag: 'version-mismatch', val: { found, required: `>=${OLDEST}`, installHint } };
  }
  return { tag: 'ok', val: found };
}

// A program that did not come to its end: one of the cases of `tools.failure`.
export function whenItFails({ tag, val }) {
  if (tag === 'not-found') return { tag: 'missing', val: { installHint } };
  return problem(tag === 'timed-out' ? 'it did not answer in time' : val);
}

const problem = (detail) => ({ tag: 'probe-error', val: { detail } });
