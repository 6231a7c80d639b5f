/** Prints results for people. */
import type { Result, Spread } from './measure.ts';

/** A table with ours, the baseline, the ratio of the medians and its limit. */
export function table(results: readonly Result[]): string {
  const rows = [
    ['', 'ours: median (min to max)', 'baseline: median (min to max)', 'ratio', 'at most'],
    ...results.map(row),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Whether the ratio, or the median where there is no baseline, exceeds its limit. */
export function isMissed({ ours, baseline, limit }: Result): boolean {
  return limit !== undefined && (baseline?.ratio ?? ours.median) > limit;
}

function row(result: Result): string[] {
  const { name, unit, ours, baseline, limit } = result;
  const bound = baseline === undefined ? unit : '';
  return [
    name,
    figures(ours, unit),
    baseline === undefined ? '' : `${figures(baseline.spread, unit)}, ${baseline.name}`,
    baseline === undefined ? '' : baseline.ratio.toFixed(2),
    limit === undefined ? '' : `${Number(limit.toFixed(2))} ${bound}${isMissed(result) ? ' MISSED' : ''}`,
  ];
}

function figures({ median, min, max, runs }: Spread, unit: string): string {
  return `${figure(median)} ${unit} (${figure(min)} to ${figure(max)}, ${runs} runs)`;
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
