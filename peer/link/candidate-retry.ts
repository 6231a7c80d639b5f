/** Repeats connectivity checks while the remote peer does not have our answer yet, because a person carries it. */

/** How often (ms) the candidates are repeated. libwebrtc gives up on a pair of addresses after 15 s without an answer. */
const INTERVAL = 10_000;

/**
 * Adds the remote peer's candidates (`candidate:…`) again and again, each time with a new generation number. libwebrtc
 * then checks them again, which also keeps NAT mappings open. Other implementations ignore candidates that they know.
 * Returns a function that ends this.
 */
export function keepTrying(candidates: readonly string[], add: (candidate: string) => void): () => void {
  let generation = 0;
  const again = () => {
    generation += 1;
    for (const candidate of candidates) add(`${candidate.replace(/ generation \d+/, '')} generation ${generation}`);
  };
  const timer = setInterval(again, INTERVAL);
  return () => clearInterval(timer);
}
