// These tests need neither `gtc` nor componentize-js: `npm test` runs them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOutput, checkFailure } from './checks.js';

test('a current version is accepted', () => {
  assert.deepEqual(checkOutput({ exitCode: 0, stdout: 'v22.1.0\n' }), { tag: 'ok', val: '22.1.0' });
});

test('an old version is refused', () => {
  assert.equal(checkOutput({ exitCode: 0, stdout: 'v18.20.4\n' }).tag, 'version-mismatch');
});

test('failures are reported', () => {
  assert.equal(checkOutput({ exitCode: 0, stdout: 'hello' }).tag, 'probe-error');
  assert.equal(checkOutput({ exitCode: 1, stdout: 'v22.1.0\n' }).val.detail, 'it ended with exit code 1');
  assert.equal(checkFailure({ tag: 'not-found' }).tag, 'missing');
  assert.equal(checkFailure({ tag: 'denied', val: 'no' }).val.detail, 'no');
});
