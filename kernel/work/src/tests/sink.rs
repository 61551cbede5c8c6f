//! A small SMTP server on loopback that does as it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::{MailConfig, SmtpMailer};

/// What the server does with the next letter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mood {
    Takes,
    /// 451 to RCPT.
    Busy,
    /// 550 to RCPT.
    NoSuchUser,
    /// Hangs up instead of answering DATA.
    DiesBeforeContent,
    /// Reads the content and hangs up without an answer.
    DiesAfterContent,
    /// 452 after the content.
    FullAfterContent,
    /// 554 in the greeting.
    Ill,
}

/// What was taken: envelope and content.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub content: String,
}

pub struct Sink {
    pub port: u16,
    pub mood: Arc<Mutex<Mood>>,
    pub taken: Arc<Mutex<Vec<Taken>>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { port: listener.local_addr().unwrap().port(), mood: Arc::new(Mutex::new(Mood::Takes)), taken: Arc::default() };
        let (mood, taken) = (sink.mood.clone(), sink.taken.clone());
        // ends with the test process
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mood = *mood.lock().unwrap();
                let _ = talk(&stream, mood, &taken);
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        });
        sink
    }
    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
    pub fn mailer(&self) -> Arc<SmtpMailer> {
        let mut c = MailConfig::parse(&format!("smtp://127.0.0.1:{}", self.port), "Lá Chắn <lachan@saomai.gov.vn>").unwrap();
        c.timeout = Duration::from_secs(5);
        Arc::new(SmtpMailer::new(c))
    }
}

fn talk(stream: &TcpStream, mood: Mood, all: &Mutex<Vec<Taken>>) -> std::io::Result<()> {
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines();
    let mut letter = Taken::default();
    out.write_all(if mood == Mood::Ill { b"554 sick\r\n" } else { b"220 sink\r\n" })?;
    while let Some(line) = lines.next().transpose()? {
        let upper = line.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-sink\r\n250 8BITMIME\r\n"
        } else if let Some(from) = upper.strip_prefix("MAIL FROM:") {
            letter.from = from.to_ascii_lowercase();
            "250 ok\r\n"
        } else if let Some(to) = upper.strip_prefix("RCPT TO:") {
            letter.to.push(to.to_ascii_lowercase());
            match mood {
                Mood::Busy => "451 later, <nguoi.nhan@example.vn>\r\n",
                Mood::NoSuchUser => "550 no such user <nguoi.nhan@example.vn>\r\n",
                _ => "250 ok\r\n",
            }
        } else if upper == "DATA" {
            if mood == Mood::DiesBeforeContent {
                return Ok(());
            }
            out.write_all(b"354 go on\r\n")?;
            while let Some(l) = lines.next().transpose()? {
                if l == "." {
                    break;
                }
                letter.content += l.strip_prefix('.').unwrap_or(&l);
                letter.content += "\n";
            }
            match mood {
                Mood::DiesAfterContent => return Ok(()),
                Mood::FullAfterContent => "452 full\r\n",
                _ => {
                    all.lock().unwrap().push(std::mem::take(&mut letter));
                    "250 taken\r\n"
                }
            }
        } else if upper == "QUIT" {
            out.write_all(b"221 bye\r\n")?;
            return Ok(());
        } else {
            "502 what?\r\n"
        };
        out.write_all(answer.as_bytes())?;
    }
    Ok(())
}
