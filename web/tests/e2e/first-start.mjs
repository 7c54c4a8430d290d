// The first minutes of an installation: the owner comes by the link, makes the business and is in; the way back in is there.
import assert from 'node:assert/strict';
import { launch } from './browser.mjs';
import { fresh } from './server.mjs';

const server = await fresh();
const browser = await launch();
const context = await browser.newContext({ locale: 'nb-NO', reducedMotion: 'reduce' });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
page.on('pageerror', (e) => assert.fail(String(e)));
const password = page.getByLabel('Passord', { exact: true });

await page.goto(server.address);
await page.getByText('Åpne engangslenken som serveren skrev ut').waitFor();
await page.goto(server.link);
await page.reload();
await page.getByLabel('Navn').fill('Kari');
await page.getByLabel('E-post').fill('kari@example.no');
await password.fill('kort');
await page.getByRole('button', { name: 'Lag konto' }).click();
await page.locator('.mantine-PasswordInput-error').waitFor();
await password.fill('tre hester på en bro');
await page.getByRole('button', { name: 'Lag konto' }).click();
await page.getByLabel('Navn på virksomheten').fill('Fjord Frisør');
await page.getByRole('button', { name: 'Fortsett' }).click();
await page.getByRole('heading', { name: 'I dag' }).waitFor();
console.log('ok    the first owner makes an account and a business, and is in');

const again = await browser.newContext({ locale: 'nb-NO', reducedMotion: 'reduce' });
const late = await again.newPage();
late.setDefaultTimeout(20_000);
await late.goto(`${server.address}/sign-in`);
await late.getByRole('link', { name: 'Glemt passordet?' }).click();
await late.getByLabel('E-post').fill('kari@example.no');
await late.getByRole('button', { name: 'Send lenke' }).click();
await late.getByText('lenken på vei').waitFor();
await late.getByRole('link', { name: 'Logg inn' }).click();
await late.getByLabel('E-post').fill('kari@example.no');
await late.getByLabel('Passord', { exact: true }).fill('tre hester på en bro');
await late.getByRole('button', { name: 'Logg inn' }).click();
await late.getByRole('heading', { name: 'I dag' }).waitFor();
console.log('ok    who forgot the password is told what happens next, and comes in with the right one');

await late.getByRole('button', { name: 'Utseende, språk og konto' }).click();
await late.getByRole('menuitem', { name: 'Logg ut' }).click();
await late.getByRole('heading', { name: 'Logg inn' }).waitFor();
await late.goto(`${server.address}/workflows`);
await late.getByRole('heading', { name: 'Logg inn' }).waitFor();
console.log('ok    who signed out is out');

await browser.close();
server.stop();
process.exit(0);
