/** The real program in processes of its own, and what its tests need around it: data folders, a server, an end. */
import { APARTE, Process, Stage, type Surroundings } from '../process.ts';

/** How a program is started: its data folder is a fresh one unless given. */
export interface Setting extends Surroundings {
  /** Written to its standard input, which is closed behind it; it stays open unless given. */
  readonly input?: string | Uint8Array;
}

/** A running program. */
export class Program extends Process {
  /** Reads no more of its standard output. */
  closeOutput(): void {
    this.child.stdout.destroy();
  }
}

/** Where programs of one test file run. */
export class Sandbox extends Stage {
  /** URL of the server, once one was started. */
  server = '';
  readonly #prefix: readonly string[];

  /** `prefix`: a command before each program's own, which must become it. */
  constructor(prefix: readonly string[] = []) {
    super('cli');
    this.#prefix = prefix;
  }

  /** Starts the program. */
  run(args: readonly string[], setting: Setting = {}): Program {
    return this.start([process.execPath, APARTE, ...args], setting);
  }

  /** Starts any program. */
  start(command: readonly string[], { home = this.home(), input, ...more }: Setting = {}): Program {
    const program = this.keep(new Program([...this.#prefix, ...command], { home, ...more }));
    if (input !== undefined) {
      program.write(input);
      program.closeInput();
    }
    return program;
  }

  /** Starts a server on `port`, 0 for any; its URL is `server` from now on. */
  async startServer(port = '0'): Promise<Program> {
    const program = this.run(['signal', '--port', port, '--limits', 'off']);
    this.server = await program.listening();
    return program;
  }

  /** Starts a chat in machine mode at the server. */
  chat(name: string, args: readonly string[] = [], setting: Setting = {}): Program {
    return this.run(['chat', '--json', '--server', this.server, '--name', name, ...args], setting);
  }
}

let codes = 0;

/** A code that no other test uses. */
export function freshCode(): string {
  codes += 1;
  return `t${codes}-ocean-violin`;
}
