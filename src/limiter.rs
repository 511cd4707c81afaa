//! The CRM's request budget: 200 a minute for all users of one account together.
//!
//! Two lanes. Background polling begins slowly, is halved by a 429 and creeps up after. Work somebody waits
//! for, and work that finishes what was begun, has an allowance of its own and goes first. Arithmetic on
//! [`Clock::now_ms`]; waiting is [`Clock::sleep`]. What a 429 means for the call itself stands in the client.

use crate::ports::Clock;
use std::cell::{Cell, RefCell};

const MINUTE_MS: u64 = 60_000;
/// What one page asks at most in a minute, both lanes together.
const CEILING: u32 = 185;
/// Several requests under way are refused together: that is one refusal.
const ONE_REFUSAL_MS: u64 = 5_000;
/// A refusal tells that others share the minute. For so long the background creeps, far slower than it halves: all
/// together then stay below the limit most of the time, and what somebody waits for is let in at once.
const SHARED_MS: u64 = 7_200_000;
/// The background begins low, for others may be at the limit, and is at its pace within three minutes if nothing is refused.
const START_PER_MINUTE: u32 = 20;
const PACE_PER_MINUTE: u32 = 60;
/// Its allowance grows by one so often: until it is at its pace, beyond it, and among others. By time, not by what was
/// accepted: who has little gains as much as who has much, and halving evens them out.
const START_MS: u64 = 3_000;
const GROWTH_MS: u64 = 60_000;
const CREEP_MS: u64 = 1_200_000;
/// The background's requests of a minute are spread over this time. Over exactly a minute, each would come at the very
/// moment in which the one before it leaves the CRM's window, and take its place again: on a full account no place
/// would ever be free for what somebody waits for.
const SPREAD_MS: u64 = 62_000;
/// A user of few records waits for none of them, unless a refusal told of others.
const BURST_MAX: usize = 10;
/// The urgent lane's grows by one for so many accepted requests.
const URGENT_GROWTH: u32 = 2;

/// A lane's allowance in requests a minute, and how it moves.
#[derive(Clone, Copy, Debug)]
struct Lane {
    per_minute: u32,
    floor: u32,
    ceiling: u32,
}

impl Lane {
    fn grow(&mut self) {
        self.per_minute = (self.per_minute + 1).min(self.ceiling);
    }

    fn refused(&mut self) {
        self.per_minute = (self.per_minute / 2).max(self.floor);
    }
}

/// A request that was let through.
#[derive(Clone, Copy, Debug)]
struct Admitted {
    at_ms: u64,
    urgent: bool,
}

#[derive(Debug)]
struct State {
    /// When the requests of the last minute were let through, oldest first.
    recent: Vec<Admitted>,
    last_background_ms: Option<u64>,
    last_refusal_ms: Option<u64>,
    /// When the background's allowance last moved.
    last_move_ms: Option<u64>,
    /// Urgent requests that were accepted since the urgent allowance last moved.
    urgent_accepted: u32,
    urgent: Lane,
    background: Lane,
}

impl State {
    /// Forgets what is older than a minute, and what lies in the future: the clock was set back.
    fn prune(&mut self, now_ms: u64) {
        let past = |at_ms: &u64| *at_ms <= now_ms;
        self.recent.retain(|one| past(&one.at_ms) && now_ms - one.at_ms < MINUTE_MS);
        self.last_background_ms = self.last_background_ms.filter(past);
        self.last_refusal_ms = self.last_refusal_ms.filter(past);
        self.last_move_ms = self.last_move_ms.filter(past);
    }

    /// How long until fewer than `allowance` requests of these lanes lie within the last minute (ms).
    fn window_wait_ms(&self, allowance: u32, both_lanes: bool, now_ms: u64) -> u64 {
        let counted = || self.recent.iter().filter(|one| both_lanes || one.urgent);
        let excess = (counted().count() + 1).saturating_sub(allowance as usize);
        match excess.checked_sub(1).and_then(|index| counted().nth(index)) {
            Some(one) => one.at_ms + MINUTE_MS - now_ms,
            None => 0,
        }
    }

    /// Lets a request through, or says how long to wait before asking again (ms).
    fn admit(&mut self, urgent: bool, urgent_waits: bool, now_ms: u64) -> Result<(), u64> {
        self.prune(now_ms);
        let mut wait_ms = self.window_wait_ms(CEILING, true, now_ms);
        if urgent {
            // What the background asked for does not make it wait.
            wait_ms = wait_ms.max(self.window_wait_ms(self.urgent.per_minute, false, now_ms));
        } else {
            wait_ms = wait_ms.max(self.window_wait_ms(self.background.per_minute, true, now_ms));
            // Spread out: a burst at the minute's start would meet the bursts of the other users.
            let gap_ms = SPREAD_MS / u64::from(self.background.per_minute);
            let alone = self.last_refusal_ms.is_none() && self.recent.len() < BURST_MAX;
            if let Some(last_ms) = self.last_background_ms.filter(|_| !alone) {
                wait_ms = wait_ms.max((last_ms + gap_ms).saturating_sub(now_ms));
            }
            if urgent_waits {
                wait_ms = wait_ms.max(1_000);
            }
        }
        if wait_ms > 0 {
            return Err(wait_ms);
        }
        self.recent.push(Admitted { at_ms: now_ms, urgent });
        if !urgent {
            self.last_background_ms = Some(now_ms);
        }
        Ok(())
    }
}

/// Counts an urgent request as waiting for as long as it does.
struct Waiting<'a>(&'a Cell<u32>);

impl<'a> Waiting<'a> {
    fn new(count: &'a Cell<u32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Lets the CRM's requests through, at most as many as it takes.
#[derive(Debug)]
pub struct Limiter {
    state: RefCell<State>,
    urgent_waiting: Cell<u32>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            state: RefCell::new(State {
                recent: Vec::new(),
                last_background_ms: None,
                last_refusal_ms: None,
                last_move_ms: None,
                urgent_accepted: 0,
                urgent: Lane { per_minute: CEILING, floor: 40, ceiling: CEILING },
                background: Lane { per_minute: START_PER_MINUTE, floor: 6, ceiling: 150 },
            }),
            urgent_waiting: Cell::new(0),
        }
    }
}

impl Limiter {
    /// Waits until a request may go out, and counts it.
    pub async fn admit(&self, clock: &impl Clock, urgent: bool) {
        let _waiting = urgent.then(|| Waiting::new(&self.urgent_waiting));
        loop {
            let urgent_waits = self.urgent_waiting.get() > 0;
            let admitted = self.state.borrow_mut().admit(urgent, urgent_waits, clock.now_ms());
            match admitted {
                Ok(()) => return,
                Err(wait_ms) => {
                    clock.sleep(u32::try_from(wait_ms).unwrap_or(u32::MAX).max(1)).await;
                }
            }
        }
    }

    /// The CRM took a request of this lane.
    pub fn accepted(&self, urgent: bool, now_ms: u64) {
        let mut state = self.state.borrow_mut();
        if urgent {
            state.urgent_accepted = (state.urgent_accepted + 1) % URGENT_GROWTH;
            if state.urgent_accepted == 0 {
                state.urgent.grow();
            }
            return;
        }
        state.prune(now_ms);
        let since = |at_ms: Option<u64>| at_ms.map(|at_ms| now_ms - at_ms);
        let step_ms = match since(state.last_refusal_ms) {
            None if state.background.per_minute < PACE_PER_MINUTE => START_MS,
            Some(ms) if ms < SHARED_MS => CREEP_MS,
            _ => GROWTH_MS,
        };
        match since(state.last_move_ms) {
            Some(ms) if ms < step_ms => return,
            Some(_) => state.background.grow(),
            None => {}
        }
        state.last_move_ms = Some(now_ms);
    }

    /// The CRM answered 429: it is too much for all users together, so both lanes shrink.
    pub fn refused(&self, urgent: bool, now_ms: u64) {
        let mut state = self.state.borrow_mut();
        state.prune(now_ms);
        // It did nothing: who asks again in a moment has not used up the minute.
        if let Some(at) = state.recent.iter().rposition(|one| one.urgent == urgent) {
            state.recent.remove(at);
        }
        let same = state.last_refusal_ms.is_some_and(|at_ms| now_ms - at_ms < ONE_REFUSAL_MS);
        if !same {
            state.last_refusal_ms = Some(now_ms);
            state.last_move_ms = Some(now_ms);
            state.urgent.refused();
            state.background.refused();
        }
    }

    /// What the background may ask now, in requests a minute.
    pub fn background_per_minute(&self) -> u32 {
        self.state.borrow().background.per_minute
    }

    /// What urgent work may ask now, in requests a minute.
    pub fn urgent_per_minute(&self) -> u32 {
        self.state.borrow().urgent.per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(limiter: &Limiter, urgent: bool, now_ms: u64) -> Result<(), u64> {
        limiter.state.borrow_mut().admit(urgent, false, now_ms)
    }

    #[test]
    fn z5_urgent_requests_use_nine_tenths_of_the_minute_and_never_all_of_it() {
        let limiter = Limiter::default();
        let mut now_ms = 0;
        let mut sent = Vec::new();
        while sent.len() < 500 {
            match admit(&limiter, true, now_ms) {
                Ok(()) => sent.push(now_ms),
                Err(wait_ms) => now_ms += wait_ms,
            }
        }
        assert!(now_ms <= 150_000, "500 requests within the 2.5 minutes the limit costs");
        for (index, at_ms) in sent.iter().enumerate() {
            let window = sent[index..].iter().filter(|other| **other - at_ms < MINUTE_MS).count();
            assert!((window as u32) < 200, "{window} requests within a minute");
        }
    }

    #[test]
    fn c2_a_refusal_halves_the_background_once_and_it_creeps_up() {
        let limiter = Limiter::default();
        limiter.refused(false, 10_000);
        limiter.refused(false, 10_400);
        assert_eq!(limiter.background_per_minute(), 10);
        (1..=40).for_each(|minute| limiter.accepted(false, 10_000 + minute * 60_000));
        assert_eq!(limiter.background_per_minute(), 12);
        let later_ms = 10_000 + SHARED_MS;
        (0..=3).for_each(|minute| limiter.accepted(false, later_ms + minute * 60_000));
        assert_eq!(limiter.background_per_minute(), 16);
        (0..100).for_each(|round| limiter.refused(false, later_ms * 2 + round * 10_000));
        assert_eq!(limiter.background_per_minute(), 6);
    }

    #[test]
    fn p7_the_background_leaves_room_for_what_somebody_waits_for() {
        let limiter = Limiter::default();
        let mut now_ms = 0;
        for _ in 0..200 {
            while let Err(wait_ms) = admit(&limiter, false, now_ms) {
                now_ms += wait_ms;
            }
        }
        assert!(now_ms > 120_000, "60 a minute, not 200");
        assert_eq!(admit(&limiter, true, now_ms), Ok(()));
    }

    #[test]
    fn p7_few_records_wait_for_none_of_them_until_a_refusal_tells_of_others() {
        let limiter = Limiter::default();
        assert!((0..BURST_MAX).all(|_| admit(&limiter, false, 1_000).is_ok()));
        assert_eq!(admit(&limiter, false, 1_000), Err(3_100));
        let limiter = Limiter::default();
        limiter.refused(false, 1_000);
        assert_eq!(admit(&limiter, false, 1_000), Ok(()));
        assert_eq!(admit(&limiter, false, 1_000), Err(6_200));
    }

    #[test]
    fn p7_alone_the_background_is_at_its_pace_within_three_minutes() {
        let limiter = Limiter::default();
        let mut now_ms = 0;
        while limiter.background_per_minute() < PACE_PER_MINUTE {
            match admit(&limiter, false, now_ms) {
                Ok(()) => limiter.accepted(false, now_ms),
                Err(wait_ms) => now_ms += wait_ms,
            }
        }
        assert!(now_ms <= 180_000, "{now_ms} ms");
    }

    #[test]
    fn p7_a_place_the_background_leaves_stays_free_for_a_while() {
        let limiter = Limiter::default();
        limiter.refused(false, 0);
        let mut now_ms = 0;
        let mut sent = Vec::new();
        while sent.len() < 100 {
            match admit(&limiter, false, now_ms) {
                Ok(()) => sent.push(now_ms),
                Err(wait_ms) => now_ms += wait_ms,
            }
        }
        let per_minute = limiter.background_per_minute() as usize;
        for (before_ms, next_ms) in sent.iter().zip(&sent[per_minute..]) {
            assert!(next_ms - before_ms >= MINUTE_MS + 1_000, "{before_ms} ms, {next_ms} ms");
        }
    }

    #[test]
    fn p7_neither_refusals_nor_the_background_use_up_what_somebody_waits_for() {
        let limiter = Limiter::default();
        (0..60).for_each(|at| {
            limiter.state.borrow_mut().recent.push(Admitted { at_ms: at, urgent: false })
        });
        // Asked and refused again and again, until the urgent lane is at its lowest.
        for round in 0..100 {
            let now_ms = 1_000 + round * 400;
            assert_eq!(admit(&limiter, true, now_ms), Ok(()), "in round {round}");
            limiter.refused(true, now_ms);
        }
        assert_eq!(limiter.urgent_per_minute(), 40);
    }

    #[test]
    fn c16_a_clock_set_back_blocks_nothing() {
        let limiter = Limiter::default();
        (0..185).for_each(|_| assert_eq!(admit(&limiter, true, 3_600_000), Ok(())));
        assert!(admit(&limiter, true, 3_600_000).is_err());
        assert_eq!(admit(&limiter, true, 1_000), Ok(()));
        assert_eq!(admit(&limiter, false, 1_000), Ok(()));
    }
}
