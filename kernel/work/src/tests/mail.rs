use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use store::Clock as _;

use super::db::{Db, START, on_each_engine};
use super::sink::{Mood, Sink};
use crate::outbox::{LEASE, LIFE, lease, settle};
use crate::time::SECOND;
use crate::*;

const BODY: &str = "Kính gửi: Sở Nội vụ\nCòn 3 ngày đến hạn.\n.\nMột dòng chỉ có dấu chấm ở trên.";

fn put(db: &Db, event: &str, to: &str) -> bool {
    let (event, to) = (event.to_owned(), to.to_owned());
    db.w(move |tx| {
        let m = Message {
            event: &event,
            template: "task_due",
            subject: "Nhiệm vụ sắp đến hạn\r\nBcc: x@y.vn",
            body: BODY,
            ..Message::default()
        };
        send_email(tx, &to, &m)
    })
    .unwrap()
}
fn only(db: &Db) -> OutboxRow {
    let mut rows = db.r(|tx| outbox(tx, None, 10)).unwrap();
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

#[test]
fn a_letter_arrives_as_it_was_written() {
    on_each_engine(|db| {
        let sink = Sink::start();
        let w = db.worker().mailer(sink.mailer());
        put(db, "e1", "Người Nhận <nguoi.nhan@example.vn>");
        assert!(w.step_mail().unwrap());
        assert!(!w.step_mail().unwrap());
        let taken = sink.taken();
        assert_eq!(taken.len(), 1);
        let t = &taken[0];
        assert_eq!((t.from.as_str(), t.to.as_slice()), ("<lachan@saomai.gov.vn>", &["<nguoi.nhan@example.vn>".to_owned()][..]));
        assert!(t.content.is_ascii());
        let (head, body) = t.content.split_once("\n\n").unwrap();
        let id = only(db).id;
        assert!(head.contains(&format!("Message-ID: <{id}@saomai.gov.vn>")), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated") && head.contains("charset=utf-8"), "{head}");
        assert!(head.contains("Date: Mon, 02 Mar 2026 01:00:00 +0000"), "{head}");
        assert!(!head.lines().any(|l| l.starts_with("Bcc")), "a line break in the subject makes no header: {head}");
        let text = base64::engine::general_purpose::STANDARD.decode(body.replace('\n', "")).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), BODY.replace('\n', "\r\n"));
        let row = only(db);
        assert_eq!((row.state.as_str(), row.attempts, row.sent_at), ("sent", 1, Some(START)));
    });
}

#[test]
fn the_same_message_goes_out_once() {
    on_each_engine(|db| {
        let sink = Sink::start();
        let w = db.worker().mailer(sink.mailer());
        assert!(put(db, "e1", "a@example.vn"));
        assert!(!put(db, "e1", "a@example.vn"));
        assert!(put(db, "e1", "b@example.vn") && put(db, "e2", "a@example.vn"));
        w.drain().unwrap();
        assert!(!put(db, "e1", "a@example.vn"), "also after it was sent");
        w.drain().unwrap();
        assert_eq!(sink.taken().len(), 3);
    });
}

#[test]
fn a_busy_relay_is_asked_again_ever_more_slowly_and_then_no_more() {
    on_each_engine(|db| {
        let sink = Sink::start();
        sink.be(Mood::Busy);
        let w = db.worker().mailer(sink.mailer());
        put(db, "e1", "nguoi.nhan@example.vn");
        let mut waits = vec![];
        while only(db).state == "queued" {
            assert!(w.step_mail().unwrap());
            let row = only(db);
            if row.state == "expired" {
                break;
            }
            assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("queued", Some("RCPT: 451")), "the server's words stay out");
            let (wait, attempts) = (row.next_at - db.clock.now(), row.attempts);
            waits.push(wait / SECOND);
            db.pass(wait - 1);
            w.step_mail().unwrap();
            assert_eq!(only(db).attempts, attempts, "not before its time");
            db.pass(1);
        }
        assert_eq!(&waits[..5], [10, 20, 40, 80, 160]);
        assert_eq!(waits.last(), Some(&3600));
        let age = db.clock.now() - START;
        assert!((LIFE..LIFE + 3600 * SECOND).contains(&age), "{age}");
        assert!(sink.taken().is_empty());
        assert!(!w.step_mail().unwrap());
        // a person sends it again
        sink.be(Mood::Takes);
        let id = only(db).id;
        db.w(move |tx| resend(tx, &id)).unwrap();
        assert!(w.step_mail().unwrap());
        assert_eq!((only(db).state.as_str(), sink.taken().len()), ("sent", 1));
        let id = only(db).id;
        assert_eq!(db.w(move |tx| resend(tx, &id)).unwrap_err().status(), 409);
    });
}

#[test]
fn each_way_to_fail_has_its_state() {
    on_each_engine(|db| {
        let sink = Sink::start();
        let w = db.worker().mailer(sink.mailer());
        let cases = [
            (Mood::NoSuchUser, "failed", "RCPT: 550"),
            (Mood::DiesBeforeContent, "queued", "DATA: connection"),
            (Mood::DiesAfterContent, "unknown", "content: connection"),
            (Mood::FullAfterContent, "queued", "content: 452"),
            (Mood::Ill, "queued", "connect: 554"),
        ];
        for (mood, state, error) in cases {
            db.w(|tx| tx.exec("DELETE FROM outbox", &[])).unwrap();
            sink.be(mood);
            put(db, "e1", "nguoi.nhan@example.vn");
            assert!(w.step_mail().unwrap());
            let row = only(db);
            assert_eq!((row.state.as_str(), row.last_error.as_deref()), (state, Some(error)), "{mood:?}");
        }
        // unknown stays unknown until a person decides
        db.w(|tx| tx.exec("DELETE FROM outbox", &[])).unwrap();
        sink.be(Mood::DiesAfterContent);
        put(db, "e1", "nguoi.nhan@example.vn");
        w.step_mail().unwrap();
        sink.be(Mood::Takes);
        db.pass(LIFE / 2);
        assert!(!w.step_mail().unwrap());
        assert!(sink.taken().is_empty());
        let id = only(db).id;
        db.w(move |tx| resend(tx, &id)).unwrap();
        w.drain().unwrap();
        assert_eq!(sink.taken().len(), 1);
        // an address that is none
        put(db, "e2", "không phải địa chỉ");
        w.drain().unwrap();
        assert_eq!(db.r(|tx| outbox(tx, Some("failed"), 10)).unwrap()[0].last_error.as_deref(), Some("compose: recipient address"));
    });
}

#[test]
fn nobody_listens() {
    on_each_engine(|db| {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let c = MailConfig::parse(&format!("smtp://127.0.0.1:{port}"), "lachan@saomai.gov.vn").unwrap();
        let w = db.worker().mailer(Arc::new(SmtpMailer::new(c)));
        put(db, "e1", "a@example.vn");
        assert!(w.step_mail().unwrap());
        assert_eq!((only(db).state.as_str(), only(db).last_error.as_deref()), ("queued", Some("connect: connection")));
    });
}

#[test]
fn a_dead_workers_letter_is_taken_over_once_and_only_after_the_lease() {
    on_each_engine(|db| {
        let sink = Sink::start();
        let w = db.worker().mailer(sink.mailer());
        put(db, "e1", "a@example.vn");
        // this worker takes it and is killed
        let dead = db.w(lease).unwrap().unwrap();
        assert!(!w.step_mail().unwrap());
        db.pass(LEASE - 1);
        assert!(!w.step_mail().unwrap());
        db.pass(1);
        assert!(w.step_mail().unwrap());
        assert!(!w.step_mail().unwrap());
        assert_eq!(sink.taken().len(), 1);
        // it was only slow, and now wants to say how it went: its word no longer counts
        assert!(!db.w(move |tx| settle(tx, &dead, &Delivery::Unknown(String::new()))).unwrap());
        assert_eq!((only(db).state.as_str(), only(db).attempts), ("sent", 2));
    });
}

/// Many workers, one outbox: each letter once.
#[test]
fn workers_do_not_tread_on_each_other() {
    struct Counting(AtomicUsize);
    impl Mailer for Counting {
        fn deliver(&self, _: &Letter) -> Delivery {
            self.0.fetch_add(1, Ordering::SeqCst);
            Delivery::Sent
        }
    }
    on_each_engine(|db| {
        for i in 0..40 {
            put(db, &format!("e{i}"), "a@example.vn");
        }
        let mailer = Arc::new(Counting(AtomicUsize::new(0)));
        std::thread::scope(|s| {
            for _ in 0..4 {
                let w = db.worker().mailer(mailer.clone());
                s.spawn(move || while w.step_mail().unwrap() {});
            }
        });
        assert_eq!(mailer.0.load(Ordering::SeqCst), 40);
        assert_eq!(db.number("SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND attempts = 1"), 40);
    });
}

#[test]
fn addresses_of_relays() {
    let ok = |url: &str| MailConfig::parse(url, "Lá Chắn <a@b.vn>").map(|c| (c.host, c.port));
    assert_eq!(ok("smtp://relay").unwrap(), ("relay".into(), 25));
    assert_eq!(ok("smtp://10.0.0.5:2525/").unwrap(), ("10.0.0.5".into(), 2525));
    assert_eq!(ok("smtp://[::1]:25").unwrap(), ("::1".into(), 25));
    for bad in ["relay:25", "smtp://", "smtp://:25", "smtp://h:x", "smtp://h:0", "smtp://u:p@h:25", "smtp://h:99999", "smtp://a b"] {
        let e = ok(bad).unwrap_err();
        assert!(e.to_string().contains("smtp://máy-chủ:25"), "{e}");
    }
    assert!(MailConfig::parse("smtp://h", "không phải").is_err());
}

#[test]
fn a_letter_with_a_secret_is_forgotten_when_it_is_handed_over_or_given_up() {
    on_each_engine(|db| {
        let template = format!("{SECRET}recover");
        let body = |db: &Db| db.number("SELECT COUNT(*) FROM outbox WHERE body <> ''");
        let send = |event: &'static str| {
            let template = template.clone();
            db.w(move |tx| {
                send_email(tx, "a@example.vn", &Message { event, template: &template, subject: "s", body: BODY, ..Message::default() })
            })
            .unwrap()
        };
        send("e1");
        assert_eq!(body(db), 1);
        let held = db.w(lease).unwrap().unwrap();
        db.w(move |tx| settle(tx, &held, &Delivery::Retry("connect: timeout".into()))).unwrap();
        assert_eq!(body(db), 1, "kept while it is tried again");
        db.pass(SECOND * 60);
        let held = db.w(lease).unwrap().unwrap();
        assert_eq!(held.letter.body, BODY);
        db.w(move |tx| settle(tx, &held, &Delivery::Sent)).unwrap();
        assert_eq!(body(db), 0);
        send("e2");
        db.pass(LIFE);
        assert!(db.w(lease).unwrap().is_none());
        assert_eq!(body(db), 0, "expired");
        let rows = db.r(|tx| outbox(tx, Some("expired"), 10)).unwrap();
        let id = rows[0].id.clone();
        assert_eq!(db.w(move |tx| resend(tx, &id)).unwrap_err().status(), 409, "there is nothing to send again");
    });
}
