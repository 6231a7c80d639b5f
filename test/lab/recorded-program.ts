/** A program on a host of the network, usually ours with `--json`, and its events with their times. */
import { Process } from '../process.ts';

/** Time to wait for an event by default, in ms. */
const PATIENCE = 60_000;

/** An event and its time, in ms on a clock that never jumps. A line that is not JSON has the type `line`. */
export interface Told {
  readonly type: string;
  readonly came: number;
  readonly [field: string]: unknown;
}

/** A running program. */
export class RecordedProgram extends Process<Told> {
  /** Texts that have come, in order. */
  readonly texts: string[] = [];
  /** Number of `sent` and `delivered` events. */
  sent = 0;
  delivered = 0;

  /** Runs a command with its data in the folder `home`. */
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

  /** The last status of the other side. */
  get status(): unknown {
    return this.events.findLast((event) => event.type === 'peer')?.['status'];
  }
}
