/** Today's program talks with earlier versions of itself, whichever of the two begins. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Machine, NO_MACHINE } from '../cli/own-namespace.ts';
import { freshCode, type Program, Sandbox, type Setting } from '../cli/program.ts';
import { BuiltVersion, EARLIER_VERSIONS, whyNotBuildable } from '../earlier-versions.ts';
import { missing } from '../lab/network.ts';
import type { RecordedProgram } from '../lab/recorded-program.ts';
import { delivered, LONG, noticed } from '../lab/scene-tests.ts';
import { Scene } from '../lab/server-scene.ts';
import { APARTE } from '../process.ts';

const NO_NETWORK = missing() ?? false;

/** Two programs of different versions: paths of what is run. */
interface Pair {
  /** Starts first, makes the code or the invite, and runs the server. */
  readonly first: string;
  readonly second: string;
}

const connected = (...programs: readonly Program[]) =>
  Promise.all(programs.map((program) => program.event('peer', { status: 'connected' })));
const allExit = (...programs: readonly Program[]) => Promise.all(programs.map((program) => program.exits(0)));
const textsOf = ({ events }: Program) => events.filter(({ type }) => type === 'message').map(({ text }) => text);

/** Each says two texts, one of them long; each must come once, in order, and be told as delivered. */
async function talk(...programs: readonly [Program, Program]): Promise<void> {
  for (const program of programs) {
    program.say('hello \u00e9\u{1f511}');
    program.say(LONG);
  }
  for (const program of programs) {
    await program.until('two deliveries', () => program.events.filter(({ type }) => type === 'delivered')[1]);
    await program.until('two messages', () => textsOf(program)[1] !== undefined);
    assert.deepEqual(textsOf(program), ['hello \u00e9\u{1f511}', LONG]);
  }
}

/** Ends a conversation: the first says goodbye, and both must end well. */
async function part(first: Program, second: Program): Promise<void> {
  first.give({ type: 'quit' });
  await allExit(first, second);
  assert.deepEqual(second.events.at(-1), { type: 'end', reason: 'peer-left', exit: 0 });
}

for (const version of EARLIER_VERSIONS) {
  const reason = whyNotBuildable(version);
  // A suite that is skipped is not counted as skipped; a test is.
  if (reason !== null) {
    test(`with version ${version.name}`, { skip: reason });
    continue;
  }

  describe(`with version ${version.name}`, { concurrency: 1 }, () => {
    let built: BuiltVersion;
    let sandbox: Sandbox;

    before(() => {
      built = BuiltVersion.build(version);
      sandbox = new Sandbox();
    });

    after(async () => {
      await sandbox.close();
      built.remove();
    });

    const run = (program: string, args: readonly string[], setting?: Setting) =>
      sandbox.start([process.execPath, program, ...args], setting);
    const startServer = (program: string) => run(program, ['signal', '--port', '0', '--limits', 'off']).listening();

    for (const begins of [version.name, 'today'] as const) {
      /** The two programs, in order. */
      const pair = (): Pair => {
        const both = [built.program, APARTE] as const;
        const [first, second] = begins === 'today' ? ([both[1], both[0]] as const) : both;
        return { first, second };
      };

      test(`${begins} makes a code and runs the server: they chat, and say goodbye`, async () => {
        const { first, second } = pair();
        const chat = ['chat', '--json', '--server', await startServer(first)];
        const ann = run(first, [...chat, '--name', 'Ann']);
        const ben = run(second, [...chat, '--name', 'Ben', String((await ann.event('code'))['code'])]);
        const [seenByAnn, seenByBen] = await connected(ann, ben);
        assert.deepEqual([seenByAnn?.['name'], seenByBen?.['name']], ['Ben', 'Ann']);
        assert.equal(seenByAnn?.['safety'], seenByBen?.['safety']);
        ben.give({ type: 'typing', on: true });
        await ann.event('typing', { on: true });
        await talk(ann, ben);
        await part(ann, ben);
      });

      test(`${begins} sends and the other receives`, async () => {
        const { first, second } = pair();
        const where = ['--server', await startServer(second), freshCode()];
        const input = Buffer.alloc(300_001, 'one line of many\n');
        const sender = run(first, ['send', ...where], { input });
        const receiver = run(second, ['receive', ...where]);
        await allExit(sender, receiver);
        assert.ok(receiver.output.equals(input), `${receiver.output.length} of ${input.length} bytes`);
      });

      test(`${begins} has another code than the other side: both are told`, async () => {
        const { first, second } = pair();
        const server = ['--server', await startServer(first)];
        const code = freshCode();
        const programs = [run(first, ['receive', ...server, code]), run(second, ['receive', ...server, `${code}s`])];
        await Promise.all(programs.map((program) => program.exits(3)));
      });

      test(`${begins} makes an invite and the other answers it by hand`, async () => {
        const { first, second } = pair();
        const ann = run(first, ['--manual', '--json', '--name', 'Ann']);
        const ben = run(second, ['--manual', '--json', '--name', 'Ben', String((await ann.event('invite'))['blob'])]);
        ann.give({ type: 'answer', blob: String((await ben.event('answer'))['blob']) });
        await connected(ann, ben);
        await talk(ann, ben);
        await part(ben, ann);
      });

      test(`${begins} is found on the local network`, { skip: NO_MACHINE }, async (t) => {
        const { first, second } = pair();
        const machine = await Machine.start();
        t.after(() => machine.close());
        const chat = (program: string, name: string, ...args: readonly string[]) =>
          machine.sandbox.start([process.execPath, program, '--lan', '--json', '--name', name, ...args]);
        const ann = chat(first, 'Ann');
        const ben = chat(second, 'Ben', String((await ann.event('code'))['code']));
        await connected(ann, ben);
        await talk(ann, ben);
        await part(ann, ben);
      });

      for (const moves of ['ann', 'ben'] as const) {
        const who = moves === 'ann' ? 'it' : 'the other';
        test(`${begins} begins, ${who} gets another address: both meet again`, { skip: NO_NETWORK }, async (t) => {
          const { first, second } = pair();
          const scene = new Scene({ programs: { server: first, ann: first, ben: second } });
          t.after(() => scene.close());
          await scene.startServer();
          const { ann, ben } = await scene.pair();
          ann.say('before');
          await delivered(ann, ben, ['before']);
          const marks: [RecordedProgram, number][] = [ann, ben].map((talker) => [talker, talker.events.length]);
          scene.hosts[moves].move('203.0.113.33');
          ann.say('meanwhile');
          ben.say('meanwhile, too');
          await noticed(performance.now(), marks);
          await Promise.all(marks.map(([talker, mark]) => talker.event('peer', { status: 'connected' }, mark)));
          ann.say('after');
          await delivered(ann, ben, ['before', 'meanwhile', 'after']);
          await delivered(ben, ann, ['meanwhile, too']);
          ben.give({ type: 'quit' });
          await Promise.all([ann, ben].map((talker) => talker.exits(0)));
        });
      }
    }
  });
}
