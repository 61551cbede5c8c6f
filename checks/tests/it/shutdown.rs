//! The server is told to stop: what runs is finished, nobody who only keeps a connection open holds it up, and the
//! database is one whole file afterwards.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use testkit::process::{Http, Server, TempDir};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lachan-under-test");

fn say(to: &mut TcpStream, words: &str) {
    to.write_all(words.as_bytes()).unwrap();
}

/// Reads until the answer's head is there.
fn head(from: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let mut part = [0; 4096];
    while !got.windows(4).any(|w| w == b"\r\n\r\n") {
        match from.read(&mut part) {
            Ok(n) if n > 0 => got.extend_from_slice(&part[..n]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&got).into_owned()
}

fn open(port: u16) -> TcpStream {
    let c = TcpStream::connect(("127.0.0.1", port)).unwrap();
    c.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    c
}

#[test]
fn told_to_stop_it_ends_soon_with_what_runs_finished_and_the_file_whole() {
    let dir = TempDir::new("shutdown").unwrap();
    let url = dir.file("s.db");
    let mut server = Server::start(PROGRAM, &["serve", "--database", &url], &dir.0, Duration::from_secs(120)).unwrap();
    // one that keeps a connection after an answer, one that never said a word, one that stopped in the middle of its head
    let mut idle = open(server.port);
    say(&mut idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head(&mut idle).starts_with("HTTP/1.1 200"));
    let _silent = open(server.port);
    let mut half = open(server.port);
    say(&mut half, "GET /sign-in HTTP/1.1\r\nHo");
    // and one whose request is being worked on: the form is not all there yet
    let csrf = Http::new(server.port).get("/sign-in").unwrap().field("csrf").unwrap();
    let form = format!("csrf={csrf}&login=khong-ai&password=khong-co");
    let mut running = open(server.port);
    let host = format!("127.0.0.1:{}", server.port);
    let (early, late) = form.split_at(10);
    let head_of = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{early}",
        form.len()
    );
    say(&mut running, &head_of);
    std::thread::sleep(Duration::from_millis(300));
    let asked = server.terminate().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err(), "new callers are not taken any more");
    say(&mut running, late);
    let answer = head(&mut running);
    assert!(answer.starts_with("HTTP/1.1 "), "a running request is answered: {answer:?}");
    let ended = server.wait(Duration::from_secs(20)).unwrap();
    assert!(ended.success(), "{ended}: {}", server.output());
    assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?}", asked.elapsed());
    let log = std::fs::metadata(format!("{url}-wal")).map_or(0, |m| m.len());
    assert_eq!(log, 0, "the database is one file again");
    let verified = Command::new(PROGRAM).args(["ledger", "verify", "--database", &url]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn with_nothing_but_idle_connections_it_ends_at_once() {
    let dir = TempDir::new("shutdown-idle").unwrap();
    let url = dir.file("s.db");
    let mut server = Server::start(PROGRAM, &["serve", "--database", &url], &dir.0, Duration::from_secs(120)).unwrap();
    let mut idle = open(server.port);
    say(&mut idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head(&mut idle).starts_with("HTTP/1.1 200"));
    let asked = server.terminate().unwrap();
    assert!(server.wait(Duration::from_secs(20)).unwrap().success(), "{}", server.output());
    assert!(asked.elapsed() < Duration::from_millis(2500), "it took {:?}", asked.elapsed());
}
