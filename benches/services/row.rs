//! What was measured, as `cargo xtask bench` reads it: one line of JSON for each row of its table.

use serde_json::{json, Value};

/// A row: samples under names, and what has to hold.
pub struct Row {
    row: Value,
}

impl Row {
    /// Begins a row; `id` is short, `what` for people.
    pub fn new(id: &str, what: &str) -> Self {
        Self { row: json!({ "row": id, "what": what, "samples": [], "checks": [] }) }
    }

    /// What was measured under a name.
    pub fn samples(mut self, name: &str, unit: &str, values: &[f64]) -> Self {
        self.push("samples", json!({ "name": name, "unit": unit, "values": values }));
        self
    }

    /// A figure that may not be above this.
    pub fn at_most(mut self, what: &str, value: f64, limit: f64) -> Self {
        self.push("checks", json!({ "what": what, "value": value, "at_most": limit }));
        self
    }

    /// A figure that may not be below this.
    #[allow(dead_code, reason = "the rows of the services have upper limits so far")]
    pub fn at_least(mut self, what: &str, value: f64, limit: f64) -> Self {
        self.push("checks", json!({ "what": what, "value": value, "at_least": limit }));
        self
    }

    /// On standard output.
    pub fn print(self) {
        println!("{}", self.row);
    }

    fn push(&mut self, list: &str, value: Value) {
        self.row[list].as_array_mut().expect("`new` makes both lists").push(value);
    }
}
