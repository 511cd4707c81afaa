//! The sockets around the world: each origin its own port, real time, longpolls that wait,
//! connections that a fault cuts. What is answered is decided in the library.

use crate::journal::Journal;
use crate::line::{Line, Over};
use crate::{tls, Arguments};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sandbox::{Origin, Reply, Request, Response, World};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What no client may send in one request (Dropbox takes 150 MiB).
const REQUEST_LIMIT_BYTES: usize = 160 << 20;
/// https stands so many ports above.
const TLS_OFFSET: u16 = 100;

struct Server {
    inner: Mutex<Inner>,
    /// Moves with every request that is answered: parked longpolls ask again.
    changed: watch::Sender<()>,
    latency: Duration,
    line: Option<Line>,
    certificate: Option<String>,
}

struct Inner {
    world: World,
    last: Instant,
    journal: Option<Journal>,
}

/// Serves until it is told to stop (Ctrl-C or SIGTERM).
pub fn run(arguments: Arguments) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let Arguments { mut options, latency_ms, line_mbit, tls, data } = arguments;
    options.start_ms = real_now_ms();
    let base = options.port_base;
    let mut world = World::new(options);
    let journal = data.map(|dir| Journal::open(&dir, &mut world)).transpose()?;
    // What was kept may be from a time of advanced clocks: time never runs backwards.
    world.now_ms = world.now_ms.max(real_now_ms());
    let tls = if tls { Some(tls::self_signed()?) } else { None };
    let server = Arc::new(Server {
        inner: Mutex::new(Inner { world, last: Instant::now(), journal }),
        changed: watch::channel(()).0,
        latency: Duration::from_millis(latency_ms),
        line: line_mbit.map(Line::new),
        certificate: tls.as_ref().map(|(_, pem)| pem.clone()),
    });
    for (origin, add) in Origin::ALL {
        let listener = listen(base + add).await?;
        let server_here = server.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(server_here.clone(), origin, stream));
            }
        });
        if let Some((acceptor, _)) = &tls {
            let listener = listen(base + TLS_OFFSET + add).await?;
            let (server, acceptor) = (server.clone(), acceptor.clone());
            tokio::spawn(async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    let (server, acceptor) = (server.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            connection(server, origin, stream).await;
                        }
                    });
                }
            });
        }
    }
    println!("{}", addresses(base, tls.is_some()));
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|e| e.to_string())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|e| format!("port {port}: {e}"))
}

/// The one line that says it is ready.
fn addresses(base: u16, tls: bool) -> String {
    let names = ["crm", "crm-api", "crm-files", "dropbox", "api", "content", "notify", "control"];
    let list: Vec<String> = Origin::ALL
        .iter()
        .zip(names)
        .map(|((_, add), name)| format!("{name} http://127.0.0.1:{}", base + add))
        .collect();
    let tls = if tls { format!(" (https {TLS_OFFSET} ports above)") } else { String::new() };
    format!("ready: {}{tls}", list.join(" "))
}

async fn connection<S>(server: Arc<Server>, origin: Origin, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Over::new(stream, server.line.clone());
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { server.answer(origin, request).await }
    });
    // An error here is a connection that was cut, by the client or by a fault.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Server {
    /// An `Err` makes hyper close the connection without an answer.
    async fn answer(
        &self,
        origin: Origin,
        request: hyper::Request<Incoming>,
    ) -> io::Result<hyper::Response<Out>> {
        let began = Instant::now();
        let request = match read(origin, request).await? {
            Ok(request) => request,
            Err(response) => return Ok(out(response, false)),
        };
        if origin == Origin::Control && request.path() == "/certificate" {
            let pem = self.certificate.as_deref();
            let none = Response::text(404, "start with --tls");
            return Ok(out(pem.map_or(none, |pem| Response::text(200, pem)), false));
        }
        tokio::time::sleep(self.latency / 2).await;
        let mut changed = self.changed.subscribe();
        let mut first = true;
        let (reply, delay_ms) = loop {
            let (reply, now_ms, delay_ms) = self.ask(&request, first, began)?;
            first = false;
            let Reply::Parked { until_ms } = reply else { break (reply, delay_ms) };
            let wait = Duration::from_millis(until_ms.saturating_sub(now_ms));
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        };
        self.changed.send_replace(());
        let wait = if origin == Origin::Control { Duration::ZERO } else { self.latency / 2 };
        tokio::time::sleep(wait + Duration::from_millis(delay_ms)).await;
        match reply {
            Reply::Ready(response) => Ok(out(response, false)),
            Reply::CutInBody(response) => Ok(out(response, true)),
            Reply::Cut | Reply::Parked { .. } => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn ask(&self, request: &Request, first: bool, began: Instant) -> io::Result<(Reply, u64, u64)> {
        let mut inner = self.inner.lock().expect("no request panics while it holds the world");
        let inner = &mut *inner;
        let passed = inner.last.elapsed().as_millis() as u64;
        inner.last += Duration::from_millis(passed);
        inner.world.advance(passed);
        if let (true, Some(journal)) = (first, &mut inner.journal) {
            journal.record(inner.world.now_ms, request)?;
        }
        let logged = inner.world.log.len();
        let reply = inner.world.handle(request);
        if inner.world.log.len() > logged {
            let entry = inner.world.log.last_mut().expect("it just grew");
            entry.ms += began.elapsed().as_millis() as u64;
        }
        Ok((reply, inner.world.now_ms, inner.world.delay_ms))
    }
}

/// Reads a request whole. The inner error is an answer given at once.
async fn read(
    origin: Origin,
    request: hyper::Request<Incoming>,
) -> io::Result<Result<Request, Response>> {
    let (parts, body) = request.into_parts();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let limited = http_body_util::Limited::new(body, REQUEST_LIMIT_BYTES);
    let Ok(body) = limited.collect().await else {
        return Ok(Err(Response::text(413, "Request Entity Too Large")
            .with_header("access-control-allow-origin", "*")));
    };
    Ok(Ok(Request {
        origin,
        method: parts.method.as_str().to_string(),
        target: parts.uri.path_and_query().map_or("/", |t| t.as_str()).to_string(),
        headers,
        body: body.to_bytes().into(),
    }))
}

fn out(response: Response, cut_in_body: bool) -> hyper::Response<Out> {
    let mut answer = hyper::Response::builder().status(response.status);
    for (name, value) in &response.headers {
        answer = answer.header(name, value.as_bytes());
    }
    if response.header("cache-control").is_none() {
        answer = answer.header("cache-control", "no-cache");
    }
    if cut_in_body {
        // More is announced than will come.
        answer = answer.header("content-length", response.body.len() * 2 + 2);
    }
    let body = Out {
        data: Some(Bytes::from(response.body)).filter(|b| !b.is_empty()),
        cut: cut_in_body.then_some(0),
    };
    answer.body(body).unwrap_or_else(|_| {
        let mut failed = hyper::Response::new(Out { data: None, cut: None });
        *failed.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}

/// A body in one piece, or the first part of one whose connection is cut.
struct Out {
    data: Option<Bytes>,
    /// How often it was polled after the data: hyper sends what it has when a body is not ready.
    cut: Option<u8>,
}

impl Body for Out {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut self.cut {
            None => Poll::Ready(None),
            Some(polled) if *polled < 2 => {
                *polled += 1;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(_) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if self.cut.is_some() {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

fn real_now_ms() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}
