//! How long to wait before asking a service again, and when to give up.
//!
//! `Retry-After` cannot be read across origins, so waits are our own: jittered, doubling, from one second.
//! A wait named in an answer's JSON (`error.retry_after`) is kept.

use crate::ports::Clock;
use std::future::Future;
use sync_core::{Failure, Side};

/// The first wait is between this and twice this (ms).
const FIRST_MS: u32 = 1_000;
/// A wait for one's turn is between this and twice this (ms).
const TURN_MS: u32 = 300;
/// No wait of our own is longer than this (ms).
const LONGEST_MS: u32 = 60_000;

/// How long one call waits for a service that does not answer or answers 5xx, all waits together (ms).
const PATIENCE_OUTAGE_MS: u32 = 45_000;
/// How long one call waits for a service that says it is too much, all waits together (ms).
const PATIENCE_LIMIT_MS: u32 = 300_000;

/// Why to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The service does not answer, or answers 5xx.
    Outage,
    /// It says it is too much, and may say how long to wait (s).
    Limit(Option<u32>),
    /// A place among requests that pass at a steady pace: after the first wait short, and no longer each time.
    Turn,
    /// A job under way.
    Job,
}

/// The waits of one call.
#[derive(Clone, Debug)]
pub struct Backoff {
    service: Side,
    next_ms: u32,
    waited_ms: u32,
}

impl Backoff {
    /// For a call of this service.
    pub fn new(service: Side) -> Self {
        Self { service, next_ms: FIRST_MS, waited_ms: 0 }
    }

    /// The next wait. [`Failure::Unavailable`] when all waits together would exceed the patience.
    pub fn wait<'a>(
        &mut self,
        clock: &'a impl Clock,
        why: Wait,
    ) -> Result<impl Future<Output = ()> + 'a, Failure> {
        let delay_ms = self.next_delay_ms(clock.random(), why);
        Ok(clock.sleep(delay_ms.ok_or(Failure::Unavailable(self.service))?))
    }

    /// The next wait (ms), or `None` at the end of patience. `random` is any number.
    fn next_delay_ms(&mut self, random: u32, why: Wait) -> Option<u32> {
        let patience_ms = match why {
            Wait::Outage => PATIENCE_OUTAGE_MS,
            Wait::Limit(_) | Wait::Turn => PATIENCE_LIMIT_MS,
            Wait::Job => PATIENCE_LIMIT_MS + PATIENCE_OUTAGE_MS,
        };
        let delay_ms = match why {
            // Everybody was told the same number: the jitter keeps them from coming back together.
            Wait::Limit(Some(asked_s)) => {
                asked_s.saturating_mul(1_000).max(FIRST_MS).saturating_add(random % FIRST_MS)
            }
            Wait::Turn => {
                let least_ms = if self.waited_ms == 0 { FIRST_MS } else { TURN_MS };
                least_ms + random % least_ms
            }
            _ => (self.next_ms + random % self.next_ms).min(LONGEST_MS),
        };
        if why != Wait::Turn {
            self.next_ms = (self.next_ms * 2).min(LONGEST_MS);
        }
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
        let mut backoff = Backoff::new(Side::Crm);
        let waits: Vec<u32> =
            core::iter::from_fn(|| backoff.next_delay_ms(0, Wait::Outage)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000]);
        let mut backoff = Backoff::new(Side::Crm);
        assert_eq!(backoff.next_delay_ms(u32::MAX, Wait::Outage), Some(1_295));
    }

    #[test]
    fn c2_waits_for_a_turn_stay_short_and_end() {
        let mut backoff = Backoff::new(Side::Crm);
        let waits: Vec<u32> =
            core::iter::from_fn(|| backoff.next_delay_ms(u32::MAX, Wait::Turn)).collect();
        assert_eq!(waits[..3], [1_295, 495, 495]);
        let all_ms: u32 = waits.iter().sum();
        assert!((299_000..=PATIENCE_LIMIT_MS).contains(&all_ms), "{all_ms} ms");
    }

    #[test]
    fn c2_the_wait_asked_for_is_kept_unless_it_is_beyond_patience() {
        let mut backoff = Backoff::new(Side::Crm);
        assert_eq!(backoff.next_delay_ms(7, Wait::Limit(Some(30))), Some(30_007));
        assert_eq!(backoff.next_delay_ms(7, Wait::Limit(Some(u32::MAX))), None);
        assert_eq!(backoff.next_delay_ms(0, Wait::Limit(Some(0))), Some(1_000));
    }
}
