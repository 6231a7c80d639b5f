/** More of the ways to use the program wrongly, each in a process of its own. */
import { after, describe, test } from 'node:test';
import { Sandbox } from '../cli/program.ts';
import { furtherOfEachKind, refused, title } from '../cli/wrong-usage.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

describe('the command line', { concurrency: 2 }, () => {
  for (const [why, args, setting] of furtherOfEachKind()) {
    test(`wrong usage: ${title(args)}: ${why.source}`, () => refused(sandbox, args, 2, why, setting));
  }
});
