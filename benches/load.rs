//! The load: requests over connections that stay open, written and read as bytes so that one core can outrun the
//! server's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Makes the next request's bytes; the number counts all requests of a run.
pub type Make = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// What a run did.
#[derive(Debug)]
pub struct Run {
    pub answered: u64,
    /// Answers that were not the one expected.
    pub others: u64,
    pub seconds: f64,
    /// From when each request should have been sent to its answer, in milliseconds, sorted.
    pub latencies: Vec<f64>,
}

impl Run {
    pub fn per_second(&self) -> f64 {
        self.answered as f64 / self.seconds
    }

    pub fn percentile(&self, part: f64) -> f64 {
        percentile(&self.latencies, part)
    }
}

pub fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// One connection and what was read of it.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server answers");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, read: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads its answer; answers the status.
    async fn ask(&mut self, request: &[u8]) -> std::io::Result<u16> {
        self.stream.write_all(request).await?;
        loop {
            if let Some((status, length)) = whole(&self.read) {
                self.read.drain(..length);
                return Ok(status);
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Status and length of the answer that begins here, once it is whole.
fn whole(read: &[u8]) -> Option<(u16, usize)> {
    let head = read.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let header = |wanted: &str| {
        let mut headers = text.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let body = header("content-length").and_then(|value| value.parse::<usize>().ok());
    if body.is_none() && header("transfer-encoding") == Some("chunked") {
        // The last chunk is empty; a page is HTML, which has no such lines.
        return read[head - 2..].ends_with(b"\r\n0\r\n\r\n").then_some((status, read.len()));
    }
    let length = head + body.unwrap_or(0);
    (read.len() >= length).then_some((status, length))
}

/// As many requests as the connections carry, each with the next one as soon as it is answered.
pub async fn closed(address: &str, connections: usize, time: Duration, expected: u16, make: Make) -> Run {
    let (next, answered, others) =
        (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let mut workers = Vec::new();
    for _ in 0..connections {
        let (next, answered, others, make) = (next.clone(), answered.clone(), others.clone(), make.clone());
        let mut connection = Connection::open(address).await;
        workers.push(tokio::spawn(async move {
            let mut request = Vec::with_capacity(128 * 1024);
            let mut latencies = Vec::new();
            while begun.elapsed() < time {
                request.clear();
                make(next.fetch_add(1, Ordering::Relaxed), &mut request);
                let sent = Instant::now();
                match connection.ask(&request).await {
                    Ok(status) if status == expected => answered.fetch_add(1, Ordering::Relaxed),
                    _ => others.fetch_add(1, Ordering::Relaxed),
                };
                latencies.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            latencies
        }));
    }
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.expect("a worker"));
    }
    latencies.sort_by(f64::total_cmp);
    let seconds = begun.elapsed().as_secs_f64();
    Run { answered: answered.load(Ordering::Relaxed), others: others.load(Ordering::Relaxed), seconds, latencies }
}

/// A script's connection.
pub struct Script {
    stream: TcpStream,
    address: String,
    authorization: String,
}

impl Script {
    pub async fn connect(address: &str, authorization: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server answers");
        stream.set_nodelay(true).expect("an option");
        Self { stream, address: address.to_owned(), authorization: authorization.to_owned() }
    }

    /// Sends one request; answers the JSON of its answer, which is a 200.
    pub async fn ask(&mut self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let Self { stream, address, authorization } = self;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        loop {
            assert!(stream.read_buf(&mut answer).await.expect("an answer") > 0, "the server went away");
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {text}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            if body.len() >= length.parse().expect("a number") {
                return serde_json::from_str(body).expect("JSON");
            }
        }
    }
}

/// Requests at a fixed rate, whether or not the earlier ones are answered: a latency counts from when its request was
/// due, so that a server that stalls is not measured less often.
pub async fn open(
    address: &str,
    per_second: u64,
    connections: usize,
    time: Duration,
    expected: u16,
    make: Make,
) -> Run {
    let total = per_second * time.as_secs();
    let begun = Instant::now() + Duration::from_millis(100);
    let next = Arc::new(AtomicU64::new(0));
    let others = Arc::new(AtomicU64::new(0));
    let mut workers = Vec::new();
    for _ in 0..connections {
        let (next, others, make) = (next.clone(), others.clone(), make.clone());
        let mut connection = Connection::open(address).await;
        workers.push(tokio::spawn(async move {
            let mut request = Vec::with_capacity(4096);
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return latencies;
                }
                let due = begun + Duration::from_nanos(number * 1_000_000_000 / per_second);
                tokio::time::sleep_until(due).await;
                request.clear();
                make(number, &mut request);
                match connection.ask(&request).await {
                    Ok(status) if status == expected => {}
                    _ => {
                        others.fetch_add(1, Ordering::Relaxed);
                    }
                }
                latencies.push(due.elapsed().as_secs_f64() * 1e3);
            }
        }));
    }
    let mut latencies: Vec<f64> = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.expect("a worker"));
    }
    latencies.sort_by(f64::total_cmp);
    let answered = latencies.len() as u64;
    Run { answered, others: others.load(Ordering::Relaxed), seconds: begun.elapsed().as_secs_f64(), latencies }
}
