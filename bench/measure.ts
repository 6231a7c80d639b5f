/** What a bench measures and how it is summed up. */

/** The middle and the ends of several measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** One line of the report. */
export interface Result {
  readonly name: string;
  readonly unit: 'ms' | 'µs' | 'MB' | 'bytes';
  readonly ours: Spread;
  /** What ours is compared with, measured in the same run, and the ratio of the medians. */
  readonly baseline?: { readonly name: string; readonly spread: Spread; readonly ratio: number };
  /** What the ratio, or without a baseline the median, may be at most. */
  readonly limit?: number;
}

/** Sums up at least one measurement. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const half = sorted.length / 2;
  return {
    median: (at(Math.ceil(half) - 1) + at(Math.floor(half))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
    runs: sorted.length,
  };
}

/** Compares ours with a baseline by the ratio of the medians. */
export function compare(
  baseline: string,
  ours: readonly number[],
  theirs: readonly number[],
): Pick<Result, 'ours' | 'baseline'> {
  const [a, b] = [spread(ours), spread(theirs)];
  return { ours: a, baseline: { name: baseline, spread: b, ratio: a.median / b.median } };
}

/** Runs the measurements in turn, `runs` times each after one that does not count, so that all see the same weather. */
export async function alternate(runs: number, ...measures: readonly (() => Promise<number>)[]): Promise<number[][]> {
  const values: number[][] = measures.map(() => []);
  for (let run = -1; run < runs; run++) {
    for (const [index, measure] of measures.entries()) {
      const value = await measure();
      if (run >= 0) values[index]?.push(value);
    }
  }
  return values;
}
