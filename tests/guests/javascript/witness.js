// Tries the features of the JavaScript engine, and reports the results: none of them reaches the machine.

import { answersJson } from 'greentic:env-pack/binding@0.1.0';

export const handler = {
  slot: () => 'sessions',
  descriptorPath: () => 'test.sessions.javascript-witness',
  supportedVersions: () => '^1',

  preflight: () => {
    console.log('printing goes nowhere');
    const answers = answersJson();
    if (answers === '{"throw": 1}') throw new Error('these are my last words');
    if (answers === '{"fetch": 1}') fetch('http://127.0.0.1:1/');
    if (answers === '{"loop": 1}') for (;;);
    return questions.map(([name, question]) => ({
      name, description: 'the result', outcome: { tag: 'ok', val: describe(question) },
    }));
  },
};

const questions = [
  ['process', () => typeof process],
  ['require', () => typeof require],
  ['Deno', () => typeof Deno],
  ['XMLHttpRequest', () => typeof XMLHttpRequest],
  ['WebSocket', () => typeof WebSocket],
  ['fetch', () => typeof fetch],
  ['location', () => typeof location],
  ['localStorage', () => typeof localStorage],
  ['Worker', () => typeof Worker],
  ['sleeps', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)],
  ['knows the year', () => new Date().getFullYear() >= 2026],
  ['clock', () => performance.now() >= 0],
  ['chance', () => crypto.getRandomValues(new Uint8Array(32)).length],
  ['chance differs', () => crypto.randomUUID() !== crypto.randomUUID() && Math.random() !== Math.random()],
];

// Returns the result, or the name of the error.
function describe(question) {
  try {
    return String(question());
  } catch (error) {
    return error?.constructor?.name ?? typeof error;
  }
}
