/** Runs the built program in processes of its own, with data folders and a server, and ends everything afterwards. */
import { APARTE, Process, Stage, type Surroundings } from '../process.ts';

/** How a program is started. The data folder is a fresh one unless given. */
export interface Setting extends Surroundings {
  /** Written to standard input, which is then closed. Left out: standard input stays open. */
  readonly input?: string | Uint8Array;
}

/** A running program. */
export class Program extends Process {
  /** Closes the reading end of its standard output. */
  closeOutput(): void {
    this.child.stdout.destroy();
  }
}

/** Runs the programs of one test file. */
export class Sandbox extends Stage {
  /** URL of the server, once started. */
  server = '';
  readonly #prefix: readonly string[];

  /** `prefix`: put before each command. It must replace its process by that of the command. */
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

  /** Starts a server on `port`, 0 for any free one. Its URL is `server` from then on. */
  async startServer(port = '0'): Promise<Program> {
    const program = this.run(['signal', '--port', port, '--limits', 'off']);
    this.server = await program.listening();
    return program;
  }

  /** Starts a chat with --json at the server. */
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
