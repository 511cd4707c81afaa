//! Times as text, from milliseconds since 1970. Reading a clock is the caller's business.

/// `2026-01-05T09:00:00Z`: Dropbox's form, whole seconds.
pub fn utc_z(ms: u64) -> String {
    let (date, time) = parts(ms);
    format!("{date}T{time}Z")
}

/// `2026-01-05T09:00:00+00:00`: Teamleader's form.
pub fn utc_offset(ms: u64) -> String {
    let (date, time) = parts(ms);
    format!("{date}T{time}+00:00")
}

fn parts(ms: u64) -> (String, String) {
    let seconds = ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60),
    )
}

/// Days since 1970 to year, month, day (Howard Hinnant's `civil_from_days`, for dates after 1970).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + u64::from(month <= 2), month, day)
}

/// Parses `2026-01-05T09:00:00Z` (or with `+00:00`); `None` for anything else.
pub fn parse_utc(text: &str) -> Option<u64> {
    let b = text.as_bytes();
    if b.len() < 20
        || b[4] != b'-'
        || b[7] != b'-'
        || b[10] != b'T'
        || b[13] != b':'
        || b[16] != b':'
    {
        return None;
    }
    if !(&text[19..] == "Z" || &text[19..] == "+00:00") {
        return None;
    }
    let n = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (y, m, d) = (n(0, 4)?, n(5, 7)?, n(8, 10)?);
    let (hh, mm, ss) = (n(11, 13)?, n(14, 16)?, n(17, 19)?);
    if y < 1970 || !(1..=12).contains(&m) || !(1..=31).contains(&d) || hh > 23 || mm > 59 || ss > 60
    {
        return None;
    }
    let year = if m <= 2 { y - 1 } else { y };
    let (era, yoe) = (year / 400, year % 400);
    let mp = if m > 2 { m - 3 } else { m + 9 };
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + (153 * mp + 2) / 5 + d - 1;
    let days = era * 146_097 + doe - 719_468;
    Some(((days * 24 + hh) * 60 + mm) * 60_000 + ss * 1000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed parse is the failure to report")]
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-11-24T00:30:13Z"] {
            assert_eq!(utc_z(parse_utc(text).unwrap()), text);
        }
        assert_eq!(parse_utc("2026-11-24T00:30:13+00:00"), parse_utc("2026-11-24T00:30:13Z"));
        assert_eq!(parse_utc("2026-11-24 00:30:13"), None);
    }
}
