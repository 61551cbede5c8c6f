use super::db::{START, on_each_engine};
use crate::time::MINUTE;
use crate::*;

const BOTH: [Channel; 2] = [Channel::InApp, Channel::Email];

fn m(event: &str) -> Message<'_> {
    Message {
        event, template: "task_due", subject: "Sắp đến hạn", body: "Còn 3 ngày.", link: Some("/tasks/1"), ..Message::default()
    }
}

#[test]
fn one_event_tells_one_person_once_by_each_channel() {
    on_each_engine(|db| {
        let (lan, ba) = (db.account("lan", Some("lan@example.vn")).id, db.account("ba", None).id);
        let tell = |who: &str, event: &'static str, channels: &'static [Channel]| {
            let who = who.to_owned();
            db.w(move |tx| notify(tx, &who, &m(event), channels)).unwrap()
        };
        assert_eq!(tell(&lan, "e1", &BOTH), 2);
        assert_eq!(tell(&lan, "e1", &BOTH), 0);
        assert_eq!(tell(&lan, "e2", &[Channel::Email]), 1);
        assert_eq!(tell(&ba, "e1", &BOTH), 1, "no address: one notice, not two");
        assert_eq!(tell(&ba, "e3", &[Channel::Email]), 1, "no address: a notice instead");
        assert_eq!(tell("nobody", "e1", &BOTH), 0);
        let count = |a: &str| db.r(|tx| notices(tx, a, false, None, 10)).unwrap().len();
        assert_eq!((count(&lan), count(&ba)), (1, 2));
        assert_eq!(db.r(outbox_counts).unwrap(), [("queued".to_owned(), 2)]);
        db.w(|tx| cancel_event(tx, "e2")).unwrap();
        assert_eq!(db.r(outbox_counts).unwrap(), [("cancelled".to_owned(), 1), ("queued".to_owned(), 1)]);

        db.w(move |tx| access::set_disabled(tx, &access::Actor::system("test"), &ba, true, "")).unwrap();
        let closed = db.r(|tx| access::account_by_login(tx, "ba")).unwrap().unwrap().id;
        assert_eq!(tell(&closed, "e9", &BOTH), 0, "closed accounts are not told");
    });
}

#[test]
fn a_failed_transaction_tells_nobody() {
    on_each_engine(|db| {
        let lan = db.account("lan", Some("lan@example.vn")).id;
        let r: store::Result<()> = db.w(move |tx| {
            notify(tx, &lan, &m("e1"), &BOTH)?;
            Err(store::Error::internal("no"))
        });
        assert!(r.is_err());
        assert_eq!((db.number("SELECT COUNT(*) FROM outbox"), db.number("SELECT COUNT(*) FROM notice")), (0, 0));
    });
}

#[test]
fn notices_are_read_and_acknowledged_by_their_owner_only() {
    on_each_engine(|db| {
        let (lan, ba) = (db.account("lan", None).id, db.account("ba", None).id);
        for (event, needs_ack) in [("e1", false), ("e2", true), ("e3", false)] {
            let a = lan.clone();
            db.w(move |tx| notify(tx, &a, &Message { needs_ack, ..m(event) }, &[Channel::InApp])).unwrap();
            db.pass(MINUTE);
        }
        let open = || db.r(|tx| open_notices(tx, &lan)).unwrap();
        let list = |only_open| db.r(|tx| notices(tx, &lan, only_open, None, 10)).unwrap();
        assert_eq!(open(), 3);
        let all = list(false);
        assert_eq!(
            all.iter().map(|n| (n.at, n.needs_ack)).collect::<Vec<_>>(),
            [(START + 2 * MINUTE, false), (START + MINUTE, true), (START, false)]
        );
        assert_eq!((all[0].subject.as_str(), all[0].link.as_deref()), ("Sắp đến hạn", Some("/tasks/1")));
        let page = db.r(|tx| notices(tx, &lan, false, Some(&all[0].id), 1)).unwrap();
        assert_eq!(page, [all[1].clone()]);

        assert_eq!(db.r(|tx| notice(tx, &lan, &all[1].id)).unwrap(), all[1]);
        assert_eq!(db.r(|tx| notice(tx, &ba, &all[1].id)).unwrap_err().status(), 404);
        let (b, id) = (ba.clone(), all[1].id.clone());
        assert_eq!(db.w(move |tx| acknowledge(tx, &b, &id)).unwrap_err().status(), 404);
        let (b, id) = (ba.clone(), all[1].id.clone());
        assert_eq!(db.w(move |tx| read_notice(tx, &b, &id)).unwrap_err().status(), 404);

        let a = lan.clone();
        assert_eq!(db.w(move |tx| read_all_notices(tx, &a)).unwrap(), 2);
        assert_eq!(open(), 1, "what asks for an answer stays");
        let (a, id) = (lan.clone(), all[1].id.clone());
        db.w(move |tx| read_notice(tx, &a, &id)).unwrap();
        assert_eq!(open(), 1, "reading is not acknowledging");
        assert_eq!(list(true).len(), 1);
        let first = store::Clock::now(&*db.clock);
        for _ in 0..2 {
            let (a, id) = (lan.clone(), all[1].id.clone());
            db.w(move |tx| acknowledge(tx, &a, &id)).unwrap();
            db.pass(MINUTE);
        }
        assert_eq!(open(), 0);
        assert_eq!(list(false)[1].ack_at, Some(first), "the first time is kept");
    });
}

#[test]
fn a_link_stays_inside() {
    on_each_engine(|db| {
        let lan = db.account("lan", None).id;
        for link in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", ""] {
            let a = lan.clone();
            assert!(db.w(move |tx| notify(tx, &a, &Message { link: Some(link), ..m("e") }, &[Channel::InApp])).is_err(), "{link}");
        }
    });
}
