//! Slow senders: what they are told, and how long they are waited for.

use crate::harness::{Backend, World, basic, bearer};
use attest::domain::role::Role;
use attest::server::http::connections::ConnectionLimits;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a body of so many KB, 8 KB every 5 ms, and only then reads the answer.
async fn slowly(address: SocketAddr, authorization: &str, kilobytes: usize, announced: bool) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = if announced {
        format!("content-length: {}", kilobytes * 1024)
    } else {
        "transfer-encoding: chunked".to_owned()
    };
    let head = format!(
        "POST /v2/events HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\n\
         content-type: application/json\r\n{length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("the headers are taken");
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let part = " ".repeat(8 * 1024);
    for _ in 0..kilobytes / 8 {
        ticks.tick().await;
        let part = if announced { part.clone() } else { format!("2000\r\n{part}\r\n") };
        stream.write_all(part.as_bytes()).await.expect("the body is taken to its end");
    }
    if !announced {
        stream.write_all(b"0\r\n\r\n").await.expect("its end too");
    }
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("the answer is there, and the connection ends");
    reply
}

#[tokio::test]
async fn a_slow_sender_reads_why_it_was_refused() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let (key, secret) = world.input("acme", "Backend").await;
    let address = world.serve_within(ConnectionLimits::default()).await;
    for _ in 0..5 {
        for (authorization, kilobytes, announced, status) in [
            (basic(&key, "wrong"), 96, true, "403"),
            (basic(&key, "wrong"), 96, false, "403"),
            ("none".to_owned(), 96, true, "403"),
            (basic(&key, &secret), 304, true, "413"),
            (basic(&key, &secret), 304, false, "413"),
        ] {
            let reply = slowly(address, &authorization, kilobytes, announced).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
            assert!(reply.contains("connection: close") && reply.contains("\"errors\""), "{reply}");
        }
    }
}

#[tokio::test]
async fn who_waits_for_leave_to_send_is_refused_at_once() {
    let world = World::new(Backend::Sqlite).await;
    let address = world.serve_within(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = "POST /v2/events HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("the headers are taken");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("the answer is there, and the connection ends");
    assert!(reply.starts_with("HTTP/1.1 401 "), "{reply}");
}

/// A body that breaks the rules of HTTP is refused in words, whoever reads it.
#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_so() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let (key, secret) = world.input("acme", "Backend").await;
    let token = bearer(&world.token("acme", Role::ComplianceAdmin).await);
    let address = world.serve_within(ConnectionLimits::default()).await;
    for (asked, authorization) in
        [("POST /v2/events", basic(&key, &secret)), ("PUT /api/v1/workspaces/acme/att-default", token)]
    {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let head = format!(
            "{asked} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\nzz\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("it is taken");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("the answer is there, and the connection ends");
        assert!(reply.starts_with("HTTP/1.1 400 ") && reply.contains("the request cannot be read"), "{reply}");
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_ends_and_makes_room() {
    let world = World::new(Backend::Sqlite).await;
    let limits =
        ConnectionLimits { most: 2, headers_within: Duration::from_millis(300), ..ConnectionLimits::default() };
    let address = world.serve_within(limits).await;
    let mut slow = Vec::new();
    for said in ["", "GET /healthz HTTP/1.1\r\nhost:"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(said.as_bytes()).await.expect("it is taken");
        slow.push(stream);
    }
    // Both places are taken; the third one is served when they have ended.
    let mut third = TcpStream::connect(address).await.expect("a connection");
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is taken");
    let mut reply = [0; 15];
    third.read_exact(&mut reply).await.expect("an answer");
    assert_eq!(&reply, b"HTTP/1.1 200 OK");
    for mut stream in slow.into_iter().chain([third]) {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.expect("it has ended");
    }
}

/// One host keeps nobody out by holding connections, and is told why it gets no more.
#[tokio::test]
async fn one_host_takes_a_part_of_the_connections() {
    let world = World::new(Backend::Sqlite).await;
    let address = world.serve_within(ConnectionLimits { most: 4, most_of_one: 2, ..ConnectionLimits::default() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(b"POST /sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nab").await.expect("taken");
        held.push(stream);
    }
    let mut third = TcpStream::connect(address).await.expect("a connection");
    let mut reply = String::new();
    third.read_to_string(&mut reply).await.expect("an answer, and the connection ends");
    assert!(
        reply.starts_with("HTTP/1.1 503 ") && reply.ends_with("too many connections from this address\"}]}"),
        "{reply}"
    );
    drop(held.pop());
    // The server sees that it ended when it reads on.
    let served = async {
        loop {
            let mut next = TcpStream::connect(address).await.expect("a connection");
            next.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is taken");
            let mut reply = [0; 15];
            if next.read_exact(&mut reply).await.is_ok() && &reply == b"HTTP/1.1 200 OK" {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), served).await.expect("one is free again");
}

#[tokio::test]
async fn headers_have_a_bound() {
    let world = World::new(Backend::Sqlite).await;
    let address = world.serve_within(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    stream.write_all(head.as_bytes()).await.expect("the headers are taken");
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).await.expect("an answer");
    assert_eq!(&reply, b"HTTP/1.1 431");
}

/// Leptos takes a path for granted.
#[tokio::test]
async fn an_address_without_a_path_is_refused_like_another() {
    let world = World::new(Backend::Sqlite).await;
    let address = world.serve_within(ConnectionLimits::default()).await;
    for asked in ["CONNECT a:80", "GET a:80", "CONNECT a:80%00"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let head = format!("{asked} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("the headers are taken");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("the answer is there");
        assert!(reply.starts_with("HTTP/1.1 4") && !reply.contains("could not be drawn"), "{asked}: {reply}");
    }
}
