/**
 * A program that uses the data folder in its argument. Prints `ready`, reads a line, and runs the task that it names:
 * `identity` prints the secret in hexadecimal, or why there is none. `remember N` keeps 20 peers that begin with byte N,
 * and one peer that all programs share and the first program verifies. `rewrite` renames one peer for ever.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { AparteError } from '../../shared/errors.ts';
import { openFolder } from './fixture.ts';

const store = await openFolder(process.argv[2] ?? '');
const peer = (first: number, second: number) => Uint8Array.of(first, second, ...new Uint8Array(30));

async function run(task: string): Promise<void> {
  const [verb, argument] = task.split(' ');
  if (verb === 'identity') {
    try {
      const { secret } = await store.identity(() => Uint8Array.from(randomBytes(32)));
      console.log(Buffer.from(secret).toString('hex'));
    } catch (error) {
      if (!(error instanceof AparteError)) throw error;
      console.log(error.code, error.message);
    }
  } else if (verb === 'remember') {
    const own = Number(argument);
    for (let count = 0; count < 20; count++) {
      await store.remember({ id: peer(own, count), name: `${own}.${count}`, verified: false });
      await store.remember({ id: peer(0, 0), name: `shared ${own}`, verified: own === 1 && count === 10 });
    }
  } else {
    for (let count = 0; ; count++) {
      await store.remember({ id: peer(0, 0), name: `name ${count}`, verified: false });
      if (count === 3) console.log('writing');
    }
  }
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (task) => {
  lines.close();
  void run(task);
});
console.log('ready');
