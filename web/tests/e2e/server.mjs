// The demo salon on a port of its own, with somebody to sign in as.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../../target/debug/flyt', import.meta.url));

export async function demo(binary = process.env.FLYT ?? built) {
  // One that is up already, as JSON: {address, email, password}.
  if (process.env.DEMO) return { ...JSON.parse(process.env.DEMO), stop: () => {} };
  const child = spawn(binary, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const address = await new Promise((done, failed) => {
    child.stdout.on('data', (piece) => {
      said += piece;
      const at = said.match(/listens on (http:\S+)/);
      if (at) done(at[1]);
    });
    child.on('exit', (code) => failed(new Error(`the server ended (${code}): ${said}`)));
  });
  const word = (name) => said.match(new RegExp(`^${name}: (.+)$`, 'm'))?.[1]?.trim();
  return {
    address,
    email: word('E-mail'),
    password: word('Password'),
    key: word('Key'),
    stop: () => child.kill('SIGTERM'),
  };
}
