// These tests need neither `gtc` nor componentize-js: `npm test` runs them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, whenItFails } from './checks.js';

test('a new version will do', () => {
  assert.deepEqual(judge({ exitCode: 0, stdout: 'v22.1.0\n' }), { tag: 'ok', val: '22.1.0' });
});

test('an old version will not do', () => {
  assert.equal(judge({ exitCode: 0, stdout: 'v18.20.4\n' }).tag, 'version-mismatch');
});

test('what is no version is said', () => {
  assert.equal(judge({ exitCode: 0, stdout: 'hello' }).tag, 'probe-error');
  assert.equal(judge({ exitCode: 1, stdout: 'v22.1.0\n' }).val.detail, 'it ended with exit code 1');
  assert.equal(whenItFails({ tag: 'not-found' }).tag, 'missing');
  assert.equal(whenItFails({ tag: 'denied', val: 'no' }).val.detail, 'no');
});
