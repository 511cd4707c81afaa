//! Text to values, by recursive descent with a bound.

use super::Value;

/// Deeper than anything either service sends, shallower than any stack.
const DEPTH_MAX: u32 = 128;

pub(super) fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(DEPTH_MAX)?;
    parser.space();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'t> {
    text: &'t str,
    /// In bytes, always between two characters.
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over this ASCII character, if it stands here.
    fn takes(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.space();
        match self.peek()? {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Value::Text),
            b't' => self.word("true", Value::True),
            b'f' => self.word("false", Value::False),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        let mut fields = Vec::new();
        let mut goes_on = !self.is_empty(b'}');
        while goes_on {
            self.space();
            let name = self.string()?;
            self.space();
            if !self.takes(b':') {
                return None;
            }
            fields.push((name, self.value(depth)?));
            goes_on = self.goes_on(b'}')?;
        }
        Some(Value::Object(fields))
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let mut values = Vec::new();
        let mut goes_on = !self.is_empty(b']');
        while goes_on {
            values.push(self.value(depth)?);
            goes_on = self.goes_on(b']')?;
        }
        Some(Value::List(values))
    }

    /// Passes over an opening bracket; says whether the closing one follows, and passes over that.
    fn is_empty(&mut self, close: u8) -> bool {
        self.at += 1;
        self.space();
        self.takes(close)
    }

    /// Passes over what stands behind an element; says whether another one follows.
    fn goes_on(&mut self, close: u8) -> Option<bool> {
        self.space();
        match self.takes(close) {
            true => Some(false),
            false => self.takes(b',').then_some(true),
        }
    }

    fn string(&mut self) -> Option<String> {
        if !self.takes(b'"') {
            return None;
        }
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            text.push_str(self.text.get(start..self.at)?);
            if self.takes(b'"') {
                return Some(text);
            }
            if !self.takes(b'\\') {
                return None;
            }
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                let paired = self.takes(b'\\') && self.takes(b'u');
                let second = self.unit().filter(|unit| (0xdc00..0xe000).contains(unit))?;
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(code).filter(|_| paired);
            }
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let mut unit = 0;
        for digit in digits.chars() {
            unit = unit * 16 + digit.to_digit(16)?;
        }
        Some(unit)
    }

    fn digits(&mut self) -> Option<&str> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.text.get(start..self.at).filter(|digits| !digits.is_empty())
    }

    fn number(&mut self) -> Option<Value> {
        let mut plain = !self.takes(b'-');
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let whole: Option<u64> = whole.parse().ok();
        if self.takes(b'.') {
            plain = false;
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            plain = false;
            let _signed = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        Some(whole.filter(|_| plain).map_or(Value::OtherNumber, Value::Unsigned))
    }
}
