/** More kinds of wrong usage, each in its own process. */
import { after, describe, test } from 'node:test';
import { Sandbox } from '../cli/program.ts';
import { furtherOfEachKind, refused, title } from '../cli/wrong-usage.ts';

const sandbox = new Sandbox();
after(() => sandbox.close());

describe('the command line', { concurrency: 2 }, () => {
  for (const [why, args, setting] of furtherOfEachKind()) {
    test(`refuses ${title(args)}: ${why.source}`, () => refused(sandbox, args, 2, why, setting));
  }
});
