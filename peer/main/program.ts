/** The program behind the small file that starts it. Loads each command only when it is run. */

/** Runs the command that `args` name. `folder` holds the program. */
export async function start(args: readonly string[], folder: string): Promise<void> {
  if (args[0] === 'signal') {
    const { signal } = await import('./signal-command.ts');
    await signal(args.slice(1));
  } else {
    const { run } = await import('./run-command.ts');
    await run(args, folder);
  }
}
