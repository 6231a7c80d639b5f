/** The result of a bench, and the statistics over its runs. */

/** Median, minimum and maximum of several measurements. */
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
  /** The program that ours is compared with, measured in the same run, and the ratio of the medians (ours / baseline). */
  readonly baseline?: { readonly name: string; readonly spread: Spread; readonly ratio: number };
  /** Upper limit of the ratio, or of the median where there is no baseline. */
  readonly limit?: number;
}

/** Median, minimum and maximum of at least one measurement. */
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

/**
 * Runs the measurements in turn, so that changes in the machine's speed affect all of them alike. Each runs `runs` times
 * after one warm-up run that is not counted.
 */
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
