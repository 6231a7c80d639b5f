/** English: the help of the command line, and what the program says and asks before a conversation begins. */

/** Behind `aparte --help`. */
export const EXAMPLES = `
Two people share one code:
  aparte                          you: makes a code for you to share
  aparte 7-ocean-violin           they: join with the code you shared
Without further options, both must be on this computer. For another computer:
  aparte --lan                    both on one local network, no server
  aparte --manual                 anywhere, no server: copy and paste
  aparte --server https://HOST    through a server that both can reach
More:
  aparte send --text "the key"    sends a text; aparte receive CODE prints it
  journalctl -b | aparte send     sends what a program prints
  aparte signal                   runs the server for others
  aparte chat --help              lists all options of a chat

Other users of this computer can read a command line. To keep the code out of
it, type "aparte -" to be asked for the code, or set APARTE_CODE.`;

/** Behind the help of a conversation and of the program. */
export const EXIT_CODES = `
Exit codes: 0 done, 1 a bug, or the data folder or the output cannot be used,
2 wrong usage, 3 wrong code or an attack, 4 server unreachable, 5 no direct
connection, 6 timed out, 7 the other side left before everything was
delivered, 130 interrupted, or nobody reads the output`;

/** Behind the help of the doctor. */
export const DOCTOR_HELP = `
Asks each server, the STUN servers, and your own relays. Asks relays that a
server offers only with --relay allow.
Exit codes: 0 a connection can be expected, 4 no server can be reached, 5 no
connection can be expected`;

/** The advice for several arguments where one code belongs. */
export const CODE_WITH_BLANKS =
  'a code with blanks in it needs quotes, or dashes instead: "7-ocean violin" or 7-ocean-violin';
/** The advice for a file behind a code. */
export const NO_FILES_YET = 'files cannot be sent by name yet: type aparte send CODE < FILE';

/** Asks for a code. */
export const ASK_CODE = 'Code (Tab completes words): ';
/** Manual pairing: asks for the invite. */
export const ASK_INVITE = 'Paste the invite: ';
/** Manual pairing: asks for the code that both sides agreed on aloud. */
export const ASK_AGREED_CODE = 'Code you both agreed on: ';
/** Before `send` reads a text that is typed. */
export const TYPE_TEXT = 'Type the text. Press Ctrl-D on an empty line to end it.';

/** A TURN server was named and is not allowed. */
export const RELAY_NOT_ALLOWED = 'warning: --turn has no effect without --relay allow or --relay only';
/** The user gave a code, and no server was running where the others would be. */
export const NOBODY_THERE = [
  'No server was running on this computer, so this program started one. Nobody is there yet.',
  'Only people on this computer can join it. To reach another one, use --lan, --manual or --server URL on both sides.',
];
/** The server inside the program speaks to other machines without TLS. */
export const PLAIN_HTTP = 'warning: this server speaks plain HTTP: the network can see nameplates and addresses';

/** Where others reach the server inside the program. */
export function serverInsideAt([first, ...more]: readonly string[]): string {
  return `Others reach the server inside this program at ${first}${more.length > 0 ? ` (or ${more.join(', ')})` : ''}`;
}

/** The identity file had permissions for others, and has them no more. */
export function identityWasOpen(path: string): string {
  return `warning: other users could read or change ${path} until now. It is private again.`;
}

/** An environment variable that the program does not know. */
export function unknownVariable(name: string, meant: string | null): string {
  return `warning: no setting has the name ${name}. It is ignored.${meant === null ? '' : ` Did you mean ${meant}?`}`;
}

/** Our identity and its half of a safety number, as `aparte id` shows them. */
export function identityLines(id: string, safety: string): string[] {
  return [
    `identity       ${id}`,
    `safety number  ${safety}`,
    'This is your half. The safety number of two people is both halves, the smaller one first.',
  ];
}

/** `aparte peers` without peers. */
export const NO_PEERS = 'No peers are known yet.';

/** One peer, as `aparte peers` shows them. */
export function knownPeerLine(name: string, earlier: readonly string[], trust: string, safety: string): string {
  return `${[name, ...earlier].join(', once ')}  ${trust}  ${safety}`;
}
