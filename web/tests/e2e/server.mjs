// Real servers on ports of their own: the demo salon with somebody to sign in as, and one that nobody owns yet.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../target/debug/flyt', import.meta.url));

/** Starts one and waits until its output has a word; however the walk ends, no server stays behind. */
async function start(args, word) {
  const child = spawn(process.env.FLYT ?? built, [...args, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill('SIGTERM'));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(1));
  let said = '';
  await new Promise((done, failed) => {
    child.stdout.on('data', (piece) => {
      said += piece;
      if (word.test(said)) done();
    });
    child.on('exit', (code) => failed(new Error(`the server ended (${code}): ${said}`)));
  });
  return { said, stop: () => child.kill('SIGTERM') };
}

export async function demo() {
  // One that is up already, as JSON: {address, email, password}.
  if (process.env.DEMO) return { ...JSON.parse(process.env.DEMO), stop: () => {} };
  const { said, stop } = await start(['demo'], /listens on http:\S+\n/);
  const word = (name) => said.match(new RegExp(`^${name}: (.+)$`, 'm'))?.[1]?.trim();
  return {
    address: said.match(/listens on (http:\S+)/)[1],
    email: word('E-mail'),
    password: word('Password'),
    key: word('Key'),
    stop,
  };
}

/** A server without data, with the link that makes its owner. */
export async function fresh() {
  const data = mkdtempSync(join(tmpdir(), 'flyt-first-'));
  process.on('exit', () => rmSync(data, { recursive: true, force: true }));
  const { said, stop } = await start(['serve', '--data', data], /first-start#\w+\n/);
  const link = said.match(/http:\S+first-start#\w+/)[0];
  return { link, address: new URL(link).origin, stop };
}
