//! Changes to what comes from outside: by the structure of its JSON, and by its bytes.

use serde_json::{json, Value};

use crate::support::executor::next_random;

/// Names and texts that somebody with bad intent would choose.
const TEXTS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "../../../escaped.txt",
    "/etc/passwd",
    "..%2f..%2fescaped.txt",
    "a/../../b",
    "a\\..\\b",
    "<img src=x onerror=alert(1)>",
    "\u{202e}fdp.exe",
    "\u{0}\u{7f}\u{85}\u{2028}",
    "e\u{301}\u{301}\u{301}",
    "👩‍👩‍👧‍👦",
    "CON",
    "id:",
    "{\".tag\":\"file\"}",
    "2026-99-99T99:99:99Z",
    "-1",
    "18446744073709551616",
    "application/json\r\nx-injected: 1",
];

/// What is drawn from.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The seed is its only randomness.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (next_random(&mut self.state) % bound as u64) as usize
    }

    /// Once in so many times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// The text with one to three changes.
    pub fn change(&mut self, text: &str) -> String {
        let mut changed = text.to_owned();
        for _ in 0..=self.below(3) {
            changed = match serde_json::from_str(&changed) {
                Ok(mut value) if !self.one_in(4) => {
                    self.change_value(&mut value);
                    value.to_string()
                }
                _ => self.change_bytes(&changed),
            };
        }
        changed
    }

    /// One node of the value.
    fn change_value(&mut self, value: &mut Value) {
        let count = nodes(value);
        let spare = pick(value, &mut self.below(count)).clone();
        let mut at = self.below(count);
        let node = pick(value, &mut at);
        match (self.below(8), &mut *node) {
            (0..=3, Value::Object(fields)) if !fields.is_empty() => {
                let name = fields.keys().nth(self.below(fields.len())).cloned().unwrap_or_default();
                match self.below(3) {
                    0 => drop(fields.remove(&name)),
                    1 => drop(fields.insert(name, self.anything())),
                    _ => drop(fields.insert(name, spare)),
                }
            }
            (0..=3, Value::Array(items)) if !items.is_empty() => {
                let index = self.below(items.len());
                let item = items[index].clone();
                match self.below(4) {
                    0 => drop(items.remove(index)),
                    1 => items.insert(index, item),
                    2 => items.extend(std::iter::repeat_n(item, 1 + index)),
                    _ => items.reverse(),
                }
            }
            (4, _) => *node = spare,
            _ => *node = self.anything(),
        }
    }

    fn anything(&mut self) -> Value {
        match self.below(14) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(false),
            3 => json!(-1),
            4 => json!(u64::MAX),
            5 => json!(i64::MIN),
            6 => json!(1.5e300),
            7 => json!([]),
            8 => json!({}),
            9 => json!("x".repeat(10_000)),
            10 => (0..200).fold(json!(1), |inner, _| json!([inner])),
            _ => json!(TEXTS[self.below(TEXTS.len())]),
        }
    }

    fn change_bytes(&mut self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        if bytes.is_empty() {
            return "{".into();
        }
        let at = self.below(bytes.len());
        let until = (at + 1 + self.below(12)).min(bytes.len());
        match self.below(5) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << self.below(8),
            2 => drop(bytes.drain(at..until)),
            3 => {
                let part = bytes[at..until].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes[at] = b"{}[]\",:\\0-e\x00\xff"[self.below(13)],
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(fields) => fields.values().map(nodes).sum(),
        _ => 0,
    }
}

/// The node of this number, counted from the root.
fn pick<'v>(value: &'v mut Value, number: &mut usize) -> &'v mut Value {
    if *number == 0 || !(value.is_array() || value.is_object()) {
        return value;
    }
    *number -= 1;
    let children: Vec<&'v mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => unreachable!("only these have children"),
    };
    for child in children {
        let size = nodes(child);
        if *number < size {
            return pick(child, number);
        }
        *number -= size;
    }
    unreachable!("the number is below the count of nodes")
}
