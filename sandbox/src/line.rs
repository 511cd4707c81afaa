//! A line of limited speed that all connections share. Both ways apart: what goes up does not hold up what comes down.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{ready, Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{sleep_until, Instant, Sleep};

/// At most so much goes at a time: two milliseconds of 200 Mbit/s.
const PIECE_BYTES: usize = 50_000;
/// What timers come late is made up for, up to this.
const LATE: Duration = Duration::from_millis(20);

/// One way: when it is free again.
#[derive(Debug)]
struct Way {
    bytes_per_s: u64,
    free: Mutex<Instant>,
}

impl Way {
    fn new(bytes_per_s: u64) -> Arc<Self> {
        Arc::new(Self { bytes_per_s, free: Mutex::new(Instant::now()) })
    }

    /// Takes the way for so many bytes; says until when.
    fn take(&self, bytes: usize) -> Instant {
        let mut free = self.free.lock().expect("nobody panics while the way is taken");
        let begin = (*free).max(Instant::now() - LATE);
        *free = begin + Duration::from_nanos(bytes as u64 * 1_000_000_000 / self.bytes_per_s);
        *free
    }
}

/// The line.
#[derive(Clone, Debug)]
pub struct Line {
    up: Arc<Way>,
    down: Arc<Way>,
}

impl Line {
    /// So fast in each direction.
    pub fn new(mbit_per_s: u64) -> Self {
        let bytes_per_s = mbit_per_s.max(1) * 125_000;
        Self { up: Way::new(bytes_per_s), down: Way::new(bytes_per_s) }
    }
}

/// A connection over it; without one, the connection itself.
pub struct Over<S> {
    inner: S,
    line: Option<Line>,
    read: Pin<Box<Sleep>>,
    written: Pin<Box<Sleep>>,
}

impl<S> Over<S> {
    /// `inner`, at the line's speed.
    pub fn new(inner: S, line: Option<Line>) -> Self {
        let now = Instant::now();
        Self { inner, line, read: Box::pin(sleep_until(now)), written: Box::pin(sleep_until(now)) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Over<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(line) = &this.line else {
            return Pin::new(&mut this.inner).poll_read(context, buffer);
        };
        ready!(this.read.as_mut().poll(context));
        let mut piece =
            ReadBuf::new(buffer.initialize_unfilled_to(PIECE_BYTES.min(buffer.remaining())));
        ready!(Pin::new(&mut this.inner).poll_read(context, &mut piece))?;
        let bytes = piece.filled().len();
        buffer.advance(bytes);
        this.read.as_mut().reset(line.up.take(bytes));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Over<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let Some(line) = &this.line else {
            return Pin::new(&mut this.inner).poll_write(context, bytes);
        };
        ready!(this.written.as_mut().poll(context));
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        let written = ready!(Pin::new(&mut this.inner).poll_write(context, piece))?;
        this.written.as_mut().reset(line.down.take(written));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_one_way_waits_for_its_turn_and_not_for_the_other_way() {
        let line = Line::new(8);
        let first = line.up.take(500_000);
        assert_eq!(line.up.take(500_000) - first, Duration::from_millis(500));
        assert!(line.down.take(1) < first);
    }
}
