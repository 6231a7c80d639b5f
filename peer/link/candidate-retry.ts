/** Keeping at it while the other side cannot know of us yet: its person still has to take our answer. */

/** libwebrtc gives a pair of addresses up 15 s after its first check that nobody answered. */
const AGAIN = 10_000;

/**
 * Gives the candidates of the other side (`candidate:…` each) to the connection again and again, each time as of a new
 * generation: libwebrtc then checks them anew, which keeps the ways through NATs open, too. Others ignore what they
 * know already. Returns what stops it.
 */
export function keepTrying(candidates: readonly string[], add: (candidate: string) => void): () => void {
  let generation = 0;
  const again = () => {
    generation += 1;
    for (const candidate of candidates) add(`${candidate.replace(/ generation \d+/, '')} generation ${generation}`);
  };
  const timer = setInterval(again, AGAIN);
  return () => clearInterval(timer);
}
