//! HTTP on 127.0.0.1: bytes to calls, answers to bytes, and connections that are cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::rest::{self, Answer, Body, Call};
use super::world::World;

/// GitHub refuses bodies over 100 MB; a blob of that size is 134 MB of base64.
const BODY_BYTES_MAX: usize = 140 * 1024 * 1024;

/// The running server. When it is dropped it finishes the calls under way and takes no more.
#[derive(Debug)]
pub(super) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    pub(super) fn start(listener: TcpListener, world: Arc<Mutex<World>>) -> Server {
        let app = Router::new().fallback(answer).with_state(world);
        let service = app.into_make_service_with_connect_info::<Wire>();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let serving = axum::serve(CuttableListener(listener), service);
            // A sender that is dropped is a signal too.
            serving.with_graceful_shutdown(async { stopped.await.unwrap_or_default() }).await
        });
        Server { stop, task }
    }

    /// Finishes the calls under way and closes every connection.
    pub(super) async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

async fn answer(
    State(world): State<Arc<Mutex<World>>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let text = |name: HeaderName| read_header(&head.headers, &name);
    let mut call = Call {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        authorization: text(header::AUTHORIZATION),
        accept: text(header::ACCEPT),
        if_none_match: text(header::IF_NONE_MATCH),
        body: Vec::new(),
    };
    match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(bytes) => call.body = bytes.into(),
        Err(_) => return status_only(StatusCode::PAYLOAD_TOO_LARGE),
    }
    let served = {
        let mut world = super::lock(&world);
        let served = rest::serve(&mut world, &call);
        let date = world.clock.now();
        served.answer.map(|it| (it.with("date", http_date(date)), served.delay))
    };
    match served {
        Some((answer, delay)) => {
            tokio::time::sleep(delay).await;
            respond(answer)
        }
        None => {
            wire.cut();
            status_only(StatusCode::OK)
        }
    }
}

fn read_header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned)
}

fn http_date(at: crate::base::Timestamp) -> String {
    let zoned = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    zoned.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn respond(answer: Answer) -> Response {
    let (body, media) = match answer.body {
        Body::Empty => (HttpBody::empty(), None),
        Body::Json(json) => {
            (HttpBody::from(json.to_string()), Some("application/json; charset=utf-8"))
        }
        Body::Text(text, media) => (HttpBody::from(text), Some(media)),
        Body::Bytes(bytes, media) => (HttpBody::from(bytes), Some(media)),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("github.com"));
    if let Some(media) = media {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::new(HttpBody::empty());
    *response.status_mut() = status;
    response
}

/// A connection that can be cut from inside a handler: from then on, nothing is written to it.
#[derive(Clone, Debug, Default)]
struct Wire(Arc<AtomicBool>);

impl Wire {
    fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        match self.0.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Wire {
        stream.io().wire.clone()
    }
}

struct CuttableListener(TcpListener);

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers should not wait for each other.
        let _ = stream.set_nodelay(true);
        (CuttableStream { stream, wire: Wire::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

struct CuttableStream {
    stream: TcpStream,
    wire: Wire,
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
