//! Who is missing, reminders, agencies that end, consolidation.

use std::collections::BTreeMap;

use access::Actor;
use registers::{Data, actions};

use crate::summary::Consolidated;
use crate::tests::world::{World, on_both};
use crate::{campaign, one, text};

fn states(w: &World) -> BTreeMap<String, String> {
    ["cat", "syt", "lau", "dong"].iter().map(|a| ((*a).to_owned(), w.report(a).state.unwrap())).collect()
}

#[test]
fn opening_makes_one_report_for_each_obliged_agency_and_takes_in_what_is_there() {
    on_both(|w| {
        let early = w.put(
            "report_submission",
            BTreeMap::from([
                ("agency".to_owned(), text(&w.agency["syt"])),
                ("year".to_owned(), Data::Int(2026)),
                ("due_on".to_owned(), text("2026-12-04")),
            ]),
        );
        let c = w.opened();
        let all = w.list("report_submission", "campaign", &c.id);
        assert_eq!(all.len(), 4, "not the committee, not the commune's police");
        assert!(all.iter().any(|r| r.id == early.id) && all.iter().all(|r| r.text("due_on") == Some("2026-12-04")));
        // again, by the job: nothing new
        let id = c.id.clone();
        let done = w.write(move |tx, reg| campaign::sync(tx, reg, &Actor::system("test"), &id, "2026-10-16"));
        assert_eq!(done, campaign::Synced::default());
    });
}

#[test]
fn a_rule_that_nobody_understands_or_that_finds_nobody_is_said() {
    on_both(|w| {
        let c = w.campaign();
        for (rule, said) in [("must_reprot", "must_report"), ("kind = school", "không tìm thấy cơ quan nào")] {
            let id = c.id.clone();
            let values = BTreeMap::from([("obliged".to_owned(), text(rule))]);
            let version = w.get("report_campaign", &c.id).version;
            w.write(move |tx, reg| actions::update(tx, reg, &Actor::system("test"), "report_campaign", &id, version, values, None));
            let officer = w.client("canbo");
            let version = w.get("report_campaign", &c.id).version.to_string();
            let r = officer.post(&format!("/reports/campaign/{}/open", c.id), &[("version", &version)]);
            assert_eq!(r.status, 303);
            let shown = officer.get(&format!("/reports/campaign/{}", c.id)).text();
            assert!(shown.contains(said), "{rule}: {shown}");
            assert_eq!(w.get("report_campaign", &c.id).state.as_deref(), Some("draft"), "nothing half-opened");
        }
    });
}

#[test]
fn an_agency_that_merges_hands_its_report_over() {
    on_both(|w| {
        let c = w.opened();
        w.contact_point("dong");
        let dong = w.report("dong");
        let agency = w.agency["dong"].clone();
        let lau = w.agency["lau"].clone();
        // Đồng Quế ends on 31/10 and becomes part of Bến Lau
        let (from, to) = (agency.clone(), lau.clone());
        w.write(move |tx, reg| {
            let system = Actor::system("test");
            let v = BTreeMap::from([
                ("from_agency".to_owned(), text(&from)),
                ("to_agency".to_owned(), text(&to)),
                ("kind".to_owned(), text("merge")),
                ("effective_on".to_owned(), text("2026-11-01")),
            ]);
            actions::create(tx, reg, &system, "agency_succession", v, None)?;
            let a = one(tx, reg, &system, "agency", &from)?;
            let v = BTreeMap::from([("valid_to".to_owned(), text("2026-10-31"))]);
            actions::update(tx, reg, &system, "agency", &from, a.version, v, None)
        });
        w.time("2026-11-05T08:00:00");
        // before the job ran: filing is refused with the way out
        w.words(&w.client("canbo"), &dong.id, "Đã làm.");
        let r = w.step(&w.client("dong"), &dong.id, "submit", "");
        assert_eq!(r.status, 409);
        assert!(r.text().contains("kết thúc hoạt động ngày 31/10/2026; Ủy ban nhân dân xã Bến Lau nộp báo cáo này"), "{}", r.text());
        let id = c.id.clone();
        let done = w.write(move |tx, reg| campaign::sync(tx, reg, &Actor::system("test"), &id, "2026-11-05"));
        assert_eq!((done.transferred, done.created), (1, 0), "the successor has its own report already");
        let dong = w.report("dong");
        assert_eq!((dong.state.as_deref(), dong.text("successor")), (Some("transferred"), Some(lau.as_str())));
        let id = w.report("lau").id;
        let contact = w.client("daumoi");
        let shown = contact.get(&format!("/reports/report/{id}")).text();
        assert!(shown.contains("Báo cáo này nộp cả cho") && shown.contains("Đồng Quế"), "{shown}");
        w.words(&contact, &id, "Gộp hai xã.");
        assert_eq!(w.step(&w.client("chutich"), &id, "submit", "").status, 303);
        let v = w.list("report_version", "report", &id).pop().unwrap();
        let f: crate::figures::Frozen = crate::figures::from_json(v.text("figures").unwrap()).unwrap();
        assert!(
            f.agencies.contains(&agency) && f.agencies.contains(&w.agency["lau_police"]),
            "its records are counted with the successor's"
        );
        let shown = w.client("canbo").get(&format!("/reports/campaign/{}?state=transferred", c.id)).text();
        assert!(shown.contains("kế thừa: Ủy ban nhân dân xã Bến Lau"), "{shown}");
    });
}

#[test]
fn one_press_reminds_all_missing_once_a_day_and_is_logged() {
    on_both(|w| {
        let c = w.opened();
        let id = w.report("lau").id;
        w.words(&w.client("daumoi"), &id, "Đã làm.");
        assert_eq!(w.step(&w.client("chutich"), &id, "submit", "").status, 303);
        let officer = w.client("canbo");
        let path = format!("/reports/campaign/{}/remind", c.id);
        let shown = officer.get(&format!("/reports/campaign/{}", c.id)).text();
        assert!(shown.contains("lời đôn đốc không tới được") && shown.contains(">Công an tỉnh."), "said before the press: {shown}");
        assert_eq!(officer.post(&path, &[]).status, 303);
        let log = w.list("report_reminder", "campaign", &c.id);
        assert_eq!(log.len(), 1);
        // missing: Công an tỉnh (nobody to tell), Sở Y tế (notice and e-mail), Đồng Quế (notice)
        assert_eq!((log[0].int("missing"), log[0].int("messages"), log[0].text("unreached")), (Some(3), Some(3), Some("Công an tỉnh")));
        assert!(w.client("syt").get("/notices").text().contains("Đôn đốc: Báo cáo năm 2026, hạn hết ngày 04/12/2026"));
        assert!(!w.client("chutich").get("/notices").text().contains("Đôn đốc"), "who has filed is left in peace");
        officer.post(&path, &[]);
        assert_eq!(w.list("report_reminder", "campaign", &c.id).len(), 1, "the same day tells nobody twice");
        w.time("2026-10-16T09:00:00");
        w.client("canbo").post(&path, &[]);
        assert_eq!(w.list("report_reminder", "campaign", &c.id).len(), 2);
    });
}

#[test]
fn what_was_filed_is_summed_frozen_and_refiled_without_touching_the_past() {
    on_both(|w| {
        let c = w.opened();
        w.contact_point("lau");
        for (agency, head) in [("lau", "chutich"), ("dong", "dong")] {
            let id = w.report(agency).id;
            w.words(&w.client("canbo"), &id, &format!("Việc của {agency}."));
            assert_eq!(w.step(&w.client(head), &id, "submit", "").status, 303);
        }
        let officer = w.client("canbo");
        let sums: Consolidated =
            serde_json::from_slice(&officer.get(&format!("/api/v1/reports/campaigns/{}/summary", c.id)).bytes).unwrap();
        let t04 = |list: &[crate::figures::Line]| list.iter().find(|l| l.id == "T-04").map(|l| (l.met, l.unmet)).unwrap();
        assert_eq!((sums.filed, sums.obliged, &sums.missing[..]), (2, 4, &["Công an tỉnh".to_owned(), "Sở Y tế".to_owned()][..]));
        assert_eq!((t04(&sums.sums), t04(&sums.live)), ((1, 1), (1, 2)), "sum of what was filed; the live figure has Sở Y tế too");

        let page = format!("/reports/campaign/{}/summary", c.id);
        assert_eq!(officer.post(&page, &[]).status, 303);
        let s = w.list("report_summary", "campaign", &c.id).pop().unwrap();
        let merged = s.text("text").unwrap();
        assert!(
            merged.starts_with("# Kết quả nổi bật")
                && merged.contains("Bến Lau: Việc của lau.")
                && merged.contains("Đồng Quế: Việc của dong.")
        );
        let edit = format!("/reports/summary/{}", s.id);
        assert_eq!(officer.post(&edit, &[("version", "1"), ("text", "# Kết quả\nĐã biên tập.")]).status, 303);
        let stale = officer.post(&edit, &[("version", "1"), ("text", "Bản cũ hơn.")]);
        assert!(stale.status == 409 && stale.text().contains("Bản cũ hơn."), "typed words come back");
        assert_eq!(officer.post(&format!("{edit}/freeze"), &[("version", "2")]).status, 303);
        let frozen = w.get("report_summary", &s.id);
        let kept: Consolidated = crate::figures::from_json(frozen.text("figures").unwrap()).unwrap();
        assert_eq!((frozen.state.as_deref(), t04(&kept.sums), kept.missing.len()), (Some("frozen"), (1, 1), 2));
        assert_eq!(officer.post(&edit, &[("version", "3"), ("text", "Sửa sau khi chốt.")]).status, 409);

        // the registers and reports move on; the frozen summary stays
        w.contact_point("syt");
        let shown = officer.get(&page).text();
        assert!(shown.contains("Đã biên tập.") && shown.contains("1/3 · 33,3"), "as frozen: {shown}");
        assert!(shown.contains("class=\"ranking\"") && shown.contains("class=\"tile-map\""), "pictures of shares and of who filed");
        assert!(shown.contains("Công an tỉnh: chưa nộp") && shown.contains("xã Bến Lau: đúng hạn"), "each tile says its agency");
        for (kind, magic) in [("docx", &b"PK"[..]), ("pdf", b"%PDF"), ("xlsx", b"PK")] {
            let r = officer.get(&format!("{page}/file/{kind}"));
            assert!(r.status == 200 && r.bytes.starts_with(magic), "{kind}: {}", r.status);
            // the archive names its parts in the clear
            let pictures = r.bytes.windows(11).filter(|w| *w == b"word/media/").count();
            // each picture is named in front of its bytes and in the directory, as lines and as dots
            assert!(kind != "docx" || pictures >= 8, "pictures in the document: {pictures}");
        }
        assert_eq!(officer.get(&format!("{page}/file/exe")).status, 400);
        assert_eq!(officer.post(&page, &[("reason", "")]).status, 409, "a new version says why");
        assert_eq!(officer.post(&page, &[("reason", "Sở Y tế nộp bổ sung")]).status, 303);
        let state = states(&w);
        assert_eq!((state["lau"].as_str(), state["syt"].as_str()), ("submitted", "due"));
    });
}

#[test]
fn the_calendar_reminds_once_for_each_day_named() {
    on_both(|w| {
        let c = w.opened();
        let tick = |today: &'static str| {
            w.write(move |tx, reg| {
                let cx = web::Cx { registry: reg, today, lang: web::Lang::Vi };
                let mut after = None;
                while let Some(done) = crate::letter::remind_by_calendar(&cx, tx, after.as_deref())? {
                    after = Some(done);
                }
                Ok(())
            });
            w.list("report_reminder", "campaign", &c.id).len()
        };
        // last day 04/12: 30, 7 and 1 days before it
        assert_eq!([tick("2026-11-03"), tick("2026-11-04"), tick("2026-11-05")], [0, 1, 1]);
        assert_eq!([tick("2026-11-29"), tick("2026-11-29"), tick("2026-12-02")], [2, 2, 2], "a day late, and only once");
        assert_eq!([tick("2026-12-03"), tick("2026-12-04"), tick("2026-12-05")], [3, 3, 3], "nothing after the deadline");
    });
}

#[test]
fn the_letter_is_drafted_numbered_without_gaps_and_frozen() {
    on_both(|w| {
        let c = w.opened();
        let path = format!("/reports/campaign/{}/letter", c.id);
        assert_eq!(w.client("syt").post(&path, &[]).status, 403);
        let letter = |n: usize| {
            w.time(&format!("2026-10-{}T09:00:00", 15 + n));
            let press = || {
                let r = w.client("canbo").post(&path, &[]);
                assert_eq!(r.status, 303, "{n}: {}", r.text());
                r.header("location").split('?').next().unwrap().to_owned()
            };
            let drafted = press();
            assert_eq!(press(), drafted, "pressed twice, drafted once");
            drafted
        };
        let pages: Vec<String> = (0..4).map(letter).collect();
        let officer = w.client("canbo");
        let shown = officer.get(&pages[0]).text();
        for said in ["đôn đốc nộp “Báo cáo năm 2026”", "04/12/2026", "4/4 cơ quan", "Sở Y tế", "Số tiếp theo", "1/CAT-ANM"]
        {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        let register = officer.call(
            "POST",
            &format!("/api/v1/outgoing_document/{}/transitions/issue", &pages[0][20..]),
            &[("if-match", "\"1\"")],
            &serde_json::json!({}),
        );
        assert!(register.status >= 400, "nobody issues around the number: {}", register.text());
        // four people press at once: numbers 1 to 4, none twice
        let done: Vec<u16> = std::thread::scope(|s| {
            let press = |p: &String| {
                let (officer, p) = (w.client("canbo"), p.clone());
                s.spawn(move || officer.post(&format!("{p}/issue"), &[("version", "1")]).status)
            };
            pages.iter().map(press).collect::<Vec<_>>().into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(done.iter().all(|s| *s == 303), "{done:?}");
        let all = |w: &World| {
            let mut n: Vec<i64> = w.list("outgoing_document", "symbol", "CAT-ANM").iter().filter_map(|r| r.int("number")).collect();
            n.sort_unstable();
            n
        };
        // who lost the race for a number presses again
        for p in &pages {
            let id = &p["/documents/outgoing/".len()..];
            if w.get("outgoing_document", id).state.as_deref() == Some("draft") {
                assert_eq!(officer.post(&format!("{p}/issue"), &[("version", "1")]).status, 303);
            }
        }
        assert_eq!(all(&w), [1, 2, 3, 4]);
        let first = w.get("outgoing_document", &pages[0]["/documents/outgoing/".len()..]);
        assert_eq!((first.state.as_deref(), first.text("issued_on")), (Some("issued"), Some("2026-10-18")));
        let Some(Data::Files(files)) = first.fields.get("file") else { panic!("frozen files") };
        assert_eq!(files.iter().map(|f| f.media()).filter(|m| m.contains("pdf") || m.contains("word")).count(), 2);
        let r = officer.get(&format!("{}/file/pdf", pages[0]));
        assert!(r.status == 200 && r.bytes.starts_with(b"%PDF"));
        assert_eq!(w.client("syt").get(&pages[0]).status, 403, "letters of the police are not the department's register");
    });
}

#[test]
fn a_past_day_is_answered_as_it_stood() {
    on_both(|w| {
        let c = w.opened();
        let lau = w.report("lau").id;
        w.words(&w.client("daumoi"), &lau, "Đã làm.");
        w.time("2026-11-20T10:00:00");
        assert_eq!(w.step(&w.client("chutich"), &lau, "submit", "").status, 303);
        w.time("2026-11-25T10:00:00");
        assert_eq!(w.step(&w.client("canbo"), &lau, "return", "Bổ sung.").status, 303);
        w.time("2026-12-03T10:00:00");
        assert_eq!(w.step(&w.client("chutich"), &lau, "submit", "Đã bổ sung").status, 303);
        w.time("2026-12-10T10:00:00");
        let officer = w.client("canbo");
        let path = format!("/api/v1/reports/campaigns/{}/summary", c.id);
        let filed = |day: &str| {
            let v: serde_json::Value = serde_json::from_str(&officer.get(&format!("{path}?as_of={day}")).text()).unwrap();
            (v["filed"].as_i64().unwrap(), v["missing"].as_array().unwrap().len())
        };
        assert_eq!(filed("2026-10-14"), (0, 0), "nobody was asked yet");
        assert_eq!([filed("2026-11-19"), filed("2026-11-20"), filed("2026-11-25")], [(0, 4), (1, 3), (0, 4)]);
        assert_eq!([filed("2026-12-02"), filed("03/12/2026")], [(0, 4), (1, 3)]);
        assert_eq!(officer.get(&format!("{path}?as_of=31/02/2026")).status, 422);
        let page = officer.get(&format!("/reports/campaign/{}/summary?as_of=20/11/2026", c.id)).text();
        assert!(page.contains("Như cuối ngày 20/11/2026") && page.contains("1/4"), "{page}");
    });
}
