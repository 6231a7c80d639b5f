/**
 * What the program does before anything else: it hides its arguments from other users, and silences libraries.
 * Imported first, and bundled for an old Node, as `node-version.ts` is.
 */

// Arguments may hold a code or a secret, and every user of the machine can list them. A title takes their place.
process.title = process.argv[2] === 'signal' ? 'aparte signal' : 'aparte';

// Libraries read this variable when they load, and then log to standard error, secrets of the rendezvous included.
delete process.env['DEBUG'];

// Output belongs to the chat and to scripts: a line of a library would break both.
process.noDeprecation = true;
for (const name of ['debug', 'dir', 'error', 'info', 'log', 'trace', 'warn'] as const) console[name] = () => undefined;
