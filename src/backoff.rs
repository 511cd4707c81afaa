//! How long to wait before asking a service again, and when to give up. Pure arithmetic: the caller sleeps.
//!
//! `Retry-After` cannot be read across origins, so waits are our own: jittered, doubling, from one second.
//! A wait named in an answer's JSON (`error.retry_after`) is kept.

/// The first wait is between this and twice this (ms).
const FIRST_MS: u32 = 1_000;
/// A wait for one's turn is between this and twice this (ms).
const TURN_MS: u32 = 300;
/// No wait of our own is longer than this (ms).
const LONGEST_MS: u32 = 60_000;

/// How long one call waits for a service that does not answer or answers 5xx, all waits together (ms).
pub const PATIENCE_OUTAGE_MS: u32 = 45_000;
/// How long one call waits for a service that says it is too much, all waits together (ms).
pub const PATIENCE_LIMIT_MS: u32 = 300_000;

/// The waits of one call.
#[derive(Clone, Debug)]
pub struct Backoff {
    next_ms: u32,
    waited_ms: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: FIRST_MS, waited_ms: 0 }
    }
}

impl Backoff {
    /// The next wait (ms), or `None` when all waits together would exceed the patience.
    ///
    /// `random` is any number; `asked_s` is the wait the service asked for, in seconds.
    pub fn next_delay_ms(
        &mut self,
        random: u32,
        asked_s: Option<u32>,
        patience_ms: u32,
    ) -> Option<u32> {
        let own_ms = self.next_ms.saturating_add(random % self.next_ms);
        let delay_ms = match asked_s {
            // Everybody was told the same number: the jitter keeps them from coming back together.
            Some(asked_s) => {
                asked_s.saturating_mul(1_000).max(FIRST_MS).saturating_add(random % FIRST_MS)
            }
            None => own_ms.min(LONGEST_MS),
        };
        self.next_ms = self.next_ms.saturating_mul(2).min(LONGEST_MS);
        self.wait(delay_ms, patience_ms)
    }

    /// The next wait for a place among requests that pass at a steady pace (ms): after the first one short, and no
    /// longer each time.
    pub fn next_turn_ms(&mut self, random: u32, patience_ms: u32) -> Option<u32> {
        let least_ms = if self.waited_ms == 0 { FIRST_MS } else { TURN_MS };
        self.wait(least_ms + random % least_ms, patience_ms)
    }

    fn wait(&mut self, delay_ms: u32, patience_ms: u32) -> Option<u32> {
        let waited_ms = self.waited_ms.checked_add(delay_ms)?;
        if waited_ms > patience_ms {
            return None;
        }
        self.waited_ms = waited_ms;
        Some(delay_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_waits_begin_at_a_second_double_and_end() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> =
            core::iter::from_fn(|| backoff.next_delay_ms(0, None, PATIENCE_OUTAGE_MS)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000]);
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next_delay_ms(u32::MAX, None, PATIENCE_OUTAGE_MS), Some(1_295));
    }

    #[test]
    fn c2_waits_for_a_turn_stay_short_and_end() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> =
            core::iter::from_fn(|| backoff.next_turn_ms(u32::MAX, PATIENCE_LIMIT_MS)).collect();
        assert_eq!(waits[..3], [1_295, 495, 495]);
        let all_ms: u32 = waits.iter().sum();
        assert!((299_000..=PATIENCE_LIMIT_MS).contains(&all_ms), "{all_ms} ms");
    }

    #[test]
    fn c2_the_wait_asked_for_is_kept_unless_it_is_beyond_patience() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next_delay_ms(7, Some(30), PATIENCE_LIMIT_MS), Some(30_007));
        assert_eq!(backoff.next_delay_ms(7, Some(u32::MAX), PATIENCE_LIMIT_MS), None);
        assert_eq!(backoff.next_delay_ms(0, Some(0), PATIENCE_LIMIT_MS), Some(1_000));
    }
}
