/** The commands by name, and which of them somebody may have meant. */
import { distance } from '../../shared/edit-distance.ts';

const COMMANDS: readonly string[] = ['chat', 'send', 'receive', 'signal', 'id', 'peers', 'doctor', 'help'];
/** Letters that may be wrong in a long word; in a short one, half of them. */
const MAX_SLIPS = 2;
/** So many first letters say which one is meant. */
const STEM = 3;

/** The command that a word which is none is nearest to; null where it is one, may be a code, or is near to none. */
export function meantCommand(word: string): string | null {
  const typed = word.toLowerCase();
  if (!/^[a-z]+$/.test(typed) || COMMANDS.includes(word)) return null;
  const slips = Math.min(MAX_SLIPS, Math.floor(typed.length / 2));
  const near = (name: string) =>
    distance(name, typed) <= slips || (typed.length >= STEM && typed.startsWith(name.slice(0, STEM)));
  return COMMANDS.find(near) ?? null;
}
