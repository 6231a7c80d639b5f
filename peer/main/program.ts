/** What the program does, once loaded. What a command needs is evaluated when it is needed. */

/** Runs the command that `args` name. */
export async function start(args: readonly string[]): Promise<void> {
  if (args[0] === 'signal') {
    const { signal } = await import('./signal-command.ts');
    await signal(args.slice(1));
  } else {
    const { run } = await import('./run-command.ts');
    await run(args);
  }
}
