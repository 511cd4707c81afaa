//! Numbers as text, written here because of their size in WebAssembly: what the standard library formats with takes two
//! kilobytes of it.

use alloc::string::String;

/// A number in decimal digits.
pub fn decimal(number: impl Into<u64>) -> String {
    let mut text = String::new();
    push_decimal(&mut text, number.into());
    text
}

/// Appends a number in decimal digits.
pub fn push_decimal(text: &mut String, number: u64) {
    if number >= 10 {
        push_decimal(text, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    text.push(char::from(b'0' + digit));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn numbers_are_written_as_ever() {
        for number in [0, 1, 9, 10, 11, 99, 100, 1_000, 1_795_520_700_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
        assert_eq!(decimal(7_u32), "7");
    }
}
