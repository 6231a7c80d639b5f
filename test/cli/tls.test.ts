/** Programs meet at a server with TLS, and at a server behind a proxy, under a certificate made here. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { Authority, NO_OPENSSL } from '../signaling/certificates.ts';
import { NO_NGINX, startNginx } from '../signaling/nginx.ts';
import { freshCode, Sandbox } from './program.ts';

const skip = NO_NGINX === false ? NO_OPENSSL : NO_NGINX;
const authority = skip === false ? new Authority() : null;
const sandbox = new Sandbox();
after(async () => {
  await sandbox.close();
  authority?.close();
});

/** Starts a server. Returns the server and its URL. */
async function signal(...args: string[]) {
  const program = sandbox.run(['signal', '--port', '0', ...args]);
  const url = await program.until('listening server', () => /^listening on (\S+)\n/.exec(program.stdout)?.[1]);
  return { program, url };
}

/** Sends a text from one program to another, which is there first. `meanwhile` runs before the second one starts. */
async function deliver(server: string, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
  const env = { NODE_EXTRA_CA_CERTS: authority?.cert ?? '' };
  const code = freshCode();
  const chat = sandbox.run(['chat', '--json', '--server', server, code], { env });
  await chat.event('code');
  await meanwhile();
  const sender = sandbox.run(['send', '--server', server, '--text', 'hello', code], { env });
  assert.equal((await chat.event('message'))['text'], 'hello');
  await sender.exits(0);
  chat.give({ type: 'quit' });
  await chat.exits(0);
}

describe('programs that trust the issuer of the certificate', { concurrency: 2, skip }, () => {
  test('meet over TLS, also across SIGHUP, which a bad file does not make worse', async () => {
    const [own, next] = [authority?.issue('own') ?? assert.fail(), authority?.issue('next') ?? assert.fail()];
    const { program, url } = await signal('--tls-cert', own.cert, '--tls-key', own.key);
    assert.match(url, /^https:/);
    await deliver(url, async () => {
      copyFileSync(next.key, own.key);
      program.kill('SIGHUP');
      await program.said(/own\.key is not the key of .*own\.pem\. The certificate in use stays\.\n/);
      copyFileSync(next.cert, own.cert);
      program.kill('SIGHUP');
    });
    program.kill('SIGTERM');
    await program.exits(0);
  });

  test('meet at a server behind nginx, also across SIGHUP', async (t) => {
    const { program, url } = await signal('--trust-proxy', '1');
    program.kill('SIGHUP');
    const nginx = await startNginx(url, authority?.issue('proxy') ?? assert.fail());
    t.after(() => nginx.close());
    await deliver(nginx.url);
    program.kill('SIGTERM');
    await program.exits(0);
    assert.equal(program.stderr, '');
  });
});

test('a program that does not trust the issuer says what to do', { skip }, async () => {
  const { cert, key } = authority?.issue('unknown') ?? assert.fail();
  const { url } = await signal('--tls-cert', cert, '--tls-key', key);
  const chat = sandbox.run(['chat', '--plain', '--server', url, freshCode()]);
  await chat.until('cause', () =>
    /its TLS certificate comes from an unknown authority.*\n.*NODE_EXTRA_CA_CERTS/.exec(chat.stdout),
  );
  chat.kill('SIGINT');
});
