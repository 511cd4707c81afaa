// A row of the table, as `benches/services/row.rs` writes it: samples under names, and what has to hold.

/** Begins a row; `id` is short, `what` for people. */
export class Row {
  #row;

  constructor(id, what) {
    this.#row = { row: id, what, samples: [], checks: [] };
  }

  /** What was measured under a name. */
  samples(name, unit, values) {
    this.#row.samples.push({ name, unit, values });
    return this;
  }

  /** A figure that may not be above (or below) a limit. */
  atMost(what, value, limit) {
    this.#row.checks.push({ what, value, at_most: limit });
    return this;
  }

  atLeast(what, value, limit) {
    this.#row.checks.push({ what, value, at_least: limit });
    return this;
  }

  print() {
    console.log(JSON.stringify(this.#row));
  }
}

/** The middle one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
