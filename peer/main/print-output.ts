/** Standard output of the commands that print something and end. */
import { outputFault } from '../ui/output-writer.ts';

/** Writes to standard output. Nobody has to read it; throws `output-failed` where there is no room for it. */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  // What went wrong is told to the callback as well.
  if (stdout.listenerCount('error') === 0) stdout.on('error', () => undefined);
  const error = await new Promise<Error | null | undefined>((resolve) => stdout.write(text, resolve));
  const fault = error == null ? null : outputFault(error);
  if (fault?.code === 'output-failed') throw fault;
}
