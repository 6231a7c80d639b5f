/** A program somewhere in the network, ours in machine mode as a rule: all it tells, with the time it came. */
import { Process } from '../process.ts';

/** How long something is waited for, in ms, unless said otherwise: a deadline for what hangs. */
const PATIENCE = 60_000;

/** An event, and when it came (ms on a clock that never jumps). What is no JSON is of type `line`. */
export interface Told {
  readonly type: string;
  readonly came: number;
  readonly [field: string]: unknown;
}

/** A running program. */
export class Talker extends Process<Told> {
  /** Texts that came, in order. */
  readonly texts: string[] = [];
  /** How many of our messages were taken over, and delivered. */
  sent = 0;
  delivered = 0;

  /** Runs a command, its data in the folder `home`. */
  constructor(command: readonly string[], home: string, env: Readonly<Record<string, string>>) {
    super(command, { home, env, patience: PATIENCE });
  }

  protected override heard(line: string): void {
    const event = line.startsWith('{') ? (JSON.parse(line) as object) : { type: 'line', line };
    const told = { ...event, came: performance.now() } as Told;
    this.events.push(told);
    if (told.type === 'message') this.texts.push(String(told['text']));
    if (told.type === 'sent') this.sent += 1;
    if (told.type === 'delivered') this.delivered += 1;
  }

  /** How the other side stands, as it was told last. */
  get status(): unknown {
    return this.events.findLast((event) => event.type === 'peer')?.['status'];
  }
}
