//! Every message names the word, the place and a remedy; nothing panics.

use proptest::prelude::*;

use crate::random_rules::{Rules, WORDS, world};
use crate::testing::{Dice, schema};
use crate::{Pack, Predicate, Schema, compile};

fn words() -> Schema {
    schema(WORDS)
}

/// The message about a rule over `register`, with the byte it points at.
fn message(register: &str, rule: &str) -> (usize, String) {
    match Predicate::parse(rule, &words(), register) {
        Ok(_) => panic!("accepted: {rule}"),
        Err(e) => (e.at, e.message),
    }
}

#[test]
fn messages_name_the_word_the_place_and_the_remedy() {
    // (register, rule, what the message points at, what it must say)
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("agency", "exists contact", "contact", &["«contact»", "Có: agency"]),
        ("agency", "exists persn where active", "persn", &["«persn»", "có phải «person»"]),
        ("person", "rol = a", "rol", &["«rol»", "«person»", "có phải «role»"]),
        ("person", "agency.knd = dep", "agency.knd", &["«knd»", "có phải «kind»"]),
        ("person", "role = aa", "aa", &["«aa»", "«role»", "Có: a, b, c"]),
        ("person", "role in (a, x)", "x", &["«x»", "Có: a, b, c"]),
        ("person", "role = \"d\"", "\"d\"", &["«d»", "Có: a, b, c"]),
        ("person", "born = setting.yr", "setting", &["«yr»", "[indicator.setting.yr]"]),
        ("person", "born = \"ba\"", "\"ba\"", &["«born»", "cần số", "«ba»"]),
        ("person", "born = 2.5", "2.5", &["«born»", "cần số", "«2.5»"]),
        ("person", "joined = 3", "3", &["«joined»", "cần ngày", "2026-12-31"]),
        ("person", "joined before 2026-02-30", "2026-02-30", &["«2026-02-30»", "không phải ngày có thật"]),
        ("person", "name = Lan", "Lan", &["«Lan»", "nháy kép"]),
        ("person", "joined = born", "born", &["«joined» là ngày", "«born» là số"]),
        ("person", "boss = agency", "agency", &["«person»", "«agency»", "không so sánh được"]),
        ("person", "active = 2", "2", &["«active»", "true hoặc false"]),
        ("person", "active > true", "active", &["= hoặc !="]),
        ("person", "role < b", "role", &["lựa chọn", "= hoặc !="]),
        ("person", "born", "born", &["«born» là số", "is not empty"]),
        ("person", "joined within 90", "", &["Thiếu đơn vị", "within 90 days", "đã hết"]),
        ("person", "joined within 90 and active", "and", &["Thiếu đơn vị", "«and»"]),
        ("person", "born within 9 days", "born", &["«born» là số", "không phải ngày"]),
        ("person", "joined within -9 days", "-9", &["không âm"]),
        ("agency", "exists system", "system", &["nhiều liên kết", "owner, operator", "via"]),
        ("agency", "exists system via boss", "system", &["«boss»", "Có: owner, operator"]),
        ("layer", "exists answer", "answer", &["không có liên kết tới «layer»", "of"]),
        ("answer", "exists control of control", "control", &["không có liên kết"]),
        ("answer", "exists system of until", "until", &["«until» là ngày", "«of»"]),
        ("person", "skills = \"x\"", "skills", &["nhiều giá trị", "exists layer via skills"]),
        ("person", "skills in (\"x\")", "skills", &["nhiều giá trị"]),
        ("person", "skills.no = 1", "skills.no", &["nhiều bản ghi", "exists layer via skills"]),
        ("person", "name.x = 1", "name.x", &["«name»", "không dẫn tới sổ khác"]),
        ("person", "5 = born", "5", &["Bên trái", "đổi chỗ"]),
        ("person", "5 is empty", "5", &["Bên trái"]),
        ("person", "born = 1 = 2", "=", &["«=»", "and", "or"]),
        ("person", "born = ", "", &["cần một trường", "đã hết"]),
        ("person", "born == 1", "=", &["«=»"]),
        ("person", "active active", "active", &["«active»", "and"]),
        ("person", "(active", "", &["«)»", "đã hết"]),
        ("person", "active)", ")", &["«)»"]),
        ("person", "", "", &["đã hết"]),
        ("person", "name = \"Lan", "\"", &["nháy kép đóng", "Lan"]),
        ("person", "tuổi = 1", "tuổi", &["«tuổi»", "không dấu", "«tuoi»"]),
        ("person", "born ≥ 3", "≥", &["«≥»", "«>=»"]),
        ("person", "name = “Lan”", "“", &["nháy kép thẳng"]),
        ("person", "born = 90%", "%", &["«%»", "mục tiêu"]),
        ("person", "born = 1.2.3", "1.2.3", &["«1.2.3» không phải số"]),
        ("person", "count post > x", "x", &["số nguyên"]),
        ("person", "count post where main", "", &["phép so sánh", "đã hết"]),
        ("person", "exists person ever", "person", &["không có ngày hiệu lực"]),
        ("person", "exists where active", "where", &["tên sổ đăng ký", "«where»"]),
        ("system", "all of control have post", "post", &["«post»", "«control»"]),
        ("system", "all of control have answer", "answer", &["control, second", "via"]),
        ("system", "all of control via x have answer", "control", &["have"]),
        ("system", "all of control have", "", &["tên sổ đăng ký"]),
        ("system", "all of control answer", "answer", &["«have»", "«answer»"]),
        ("person", "seen in (2026-01-01)", "seen", &["thời điểm", "within"]),
        ("person", "joined = period.year", "period.year", &["«joined»", "period.year"]),
        ("nowhere", "true", "true", &["«nowhere»", "Có: agency"]),
    ];
    for (register, rule, at, says) in cases {
        let (place, text) = message(register, rule);
        assert!(rule[place.min(rule.len())..].starts_with(at), "{rule}: points at byte {place}: {text}");
        for s in *says {
            assert!(text.contains(s), "{rule}: {text} — lacks {s}");
        }
    }
}

#[test]
fn nesting_and_length_have_a_limit() {
    let deep = |n: usize| format!("{}active{}", "(".repeat(n), ")".repeat(n));
    assert!(Predicate::parse(&deep(20), &words(), "person").is_ok());
    for rule in [
        deep(100_000 / 8),
        format!("{}active", "not ".repeat(4_000)),
        "exists person via boss where ".repeat(9) + "active",
        vec!["active"; 900].join(" and "),
        "(".repeat(15_000),
    ] {
        let (_, text) = message("person", &rule);
        assert!(text.contains("tách thành nhiều quy tắc"), "{text}");
    }
    // the longest accepted rule runs
    let long = vec!["active"; 740].join(" or ");
    let p = Predicate::parse(&long, &words(), "person").unwrap();
    let mut db = world(&mut Dice(1)).sqlite();
    crate::testing::Answers::rows(&mut db, &p.sql(&crate::Ctx::on("2026-01-01")));
}

fn pack(text: &str) -> String {
    let head = "[[indicator]]\nid = \"X\"\nlabel = { vi = \"v\", en = \"e\" }\n";
    match Pack::load(&format!("{head}{text}"), "x.toml").and_then(|p| compile(&p.indicators[0], &words(), "x.toml").map(|_| ())) {
        Ok(()) => String::new(),
        Err(e) => e.to_string(),
    }
}

#[test]
fn what_is_wrong_in_a_pack() {
    let ok = "population = \"agency\"\nmeets = \"head\"\n";
    assert_eq!(pack(ok), "");
    let cases: &[(&str, &[&str])] = &[
        ("population = \"agncy\"\nmeets = \"head\"", &["x.toml · X · population", "«agncy»", "có phải «agency»", "vị trí 1"]),
        ("population = \"agency\"\nmeets = \"haed\"", &["x.toml · X · meets", "«haed»", "có phải «head»"]),
        ("population = \"agency\"", &["meets", "Thiếu quy tắc meets"]),
        ("meets = \"head\"", &["population", "Thiếu population"]),
        ("population = \"layer\"\nmeets = \"basic\"", &["agency", "«layer» không thuộc cơ quan nào"]),
        ("population = \"layer\"\nmeets = \"basic\"\nagency = \"no\"", &["agency", "kết thúc ở một cơ quan"]),
        ("population = \"person of agency\"\nmeets = \"active\"", &["population", "«of»"]),
        ("population = \"agency\"\nmeets = \"head\"\nunknown = \"staff\"", &["unknown", "«staff» là số"]),
        ("population = \"agency\"\nmeets = \"head\"\nperiod = \"fortnight\"", &["period", "«fortnight»", "calendar year"]),
        (
            "population = \"agency\"\nmeets = \"staff > setting.n\"\n[indicator.setting.m]\nvalue = 1\nlabel = { vi = \"v\", en = \"e\" }",
            &["«n»", "Có: m"],
        ),
        (
            "population = \"agency\"\nmeets = \"staff > setting.n\"\n[indicator.setting.n]\nvalue = \"ba\"\nlabel = { vi = \"v\", en = \"e\" }",
            &["Thiết lập «n»", "cần số"],
        ),
        (
            "population = \"agency\"\nmeets = \"founded within setting.n days\"\n[indicator.setting.n]\nvalue = 1.5\nlabel = { vi = \"v\", en = \"e\" }",
            &["Thiết lập «n»", "số nguyên"],
        ),
        ("population = \"agency\"\nmeets = \"head\"\n[[indicator.target]]\nat_least = 5\nbasis = \"b\"", &["target", "unit"]),
        (
            "population = \"agency\"\nmeets = \"head\"\n[[indicator.target]]\nat_least = 5\nmore_than = 4\nunit = \"%\"\nbasis = \"b\"",
            &["target", "đúng một trong"],
        ),
        ("population = \"agency\"\nmeets = \"head\"\n[[indicator.target]]\nunit = \"%\"\nbasis = \"b\"", &["target", "đúng một trong"]),
        ("kind = \"ratio\"\nnumerator = { sum = \"money\", of = \"agency\" }", &["cả numerator và denominator"]),
        (
            "kind = \"ratio\"\nnumerator = { sum = \"name\", of = \"agency\" }\ndenominator = { sum = \"money\", of = \"agency\" }",
            &["numerator", "phải là số"],
        ),
        (
            "population = \"agency\"\nmeets = \"head\"\n[[indicator.exclude]]\nwhen = \"kind = depp\"\nreason = { vi = \"v\", en = \"e\" }",
            &["exclude", "«depp»", "có phải «dep»"],
        ),
        ("populaton = \"agency\"", &["x.toml: dòng 4", "populaton"]),
        ("population = agency", &["x.toml: dòng 4"]),
    ];
    for (text, says) in cases {
        let message = pack(text);
        for s in *says {
            assert!(message.contains(s), "{text}\n→ {message:?} lacks {s}");
        }
    }
    let unlabelled = ok.to_owned() + "[[indicator]]\nid = \"Y\"\nlabel = { vi = \"v\", en = \"\" }\n" + ok;
    let pack = Pack::load(&format!("[[indicator]]\nid = \"X\"\nlabel = {{ vi = \"v\", en = \"e\" }}\n{unlabelled}"), "x.toml").unwrap();
    assert!(compile(&pack.indicators[1], &words(), "x.toml").unwrap_err().to_string().contains("Thiếu nhãn"));
}

#[test]
fn words_of_the_language_may_name_options_and_fields() {
    let s = schema("agency @id: when=choice(before|after|in|no) no=int count=int parent=link(agency)");
    for rule in [
        "when = before",
        "when in (after, in, no)",
        "no = 1",
        "parent.no > 2",
        "count is empty",
        "no not in (1, 2)",
        "parent.no = no",
        "no agency where no = 1",
    ] {
        Predicate::parse(rule, &s, "agency").unwrap_or_else(|e| panic!("{rule}: {e}"));
    }
}

/// Changes a rule here and there.
fn mutate(d: &mut Dice, rule: &str) -> String {
    let mut c: Vec<char> = rule.chars().collect();
    for _ in 0..d.below(4) {
        let i = d.below(c.len().max(1));
        let j = (i + d.below(12)).min(c.len());
        match d.below(4) {
            0 if i < j => drop(c.drain(i..j)),
            1 => c
                .splice(i..i, d.word(&["(", ")", "\"", " and ", " of ", "this.", "đ", "-", "9e99", "\u{0}", " via ", " ever", "."]).chars())
                .for_each(drop),
            2 if i < j => {
                let part: Vec<char> = c[i..j].to_vec();
                c.splice(i..i, part);
            }
            _ if i < c.len() => c[i] = *d.pick(&['=', '(', ' ', 'x', '0', '.', '"', '₫']),
            _ => {}
        }
    }
    c.into_iter().collect()
}

#[test]
fn mutations_of_valid_rules_never_panic() {
    let s = words();
    let (mut good, mut bad) = (0, 0);
    for seed in 0..3_000 {
        let mut d = Dice(seed);
        let register = d.word(&["agency", "person", "system", "post"]);
        let rule = Rules { d: &mut d, schema: &s }.rule(register);
        // a predicate has no settings
        let rule = rule.replace("setting.n", "2").replace("setting.gone", "3").replace("setting.day", "as_of");
        let changed = mutate(&mut d, &rule);
        match Predicate::parse(&changed, &s, register) {
            Ok(p) => {
                good += 1;
                let _ = (p.sentence(&crate::Ctx::on("2026-01-01")), p.sql(&crate::Ctx::default()), p.lineage());
            }
            Err(e) => {
                bad += 1;
                assert!(e.at <= changed.len() && changed.is_char_boundary(e.at) && !e.message.is_empty(), "{changed}: {e}");
            }
        }
    }
    assert!(good > 100 && bad > 1000, "{good} {bad}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        let _ = Predicate::parse(&text, &words(), "person");
        let _ = crate::period_on(&text, "2026-01-01");
        let _ = crate::period_on("calendar year", &text);
        let _ = Pack::load(&text, "x");
    }
    #[test]
    fn any_words_are_answered(words_of in proptest::collection::vec(proptest::sample::select(vec![
        "and", "or", "not", "(", ")", "exists", "no", "count", "all", "of", "have", "person", "post", "via", "where", "active", "role", "=", "<", "a", "3", "-1",
        "within", "days", "period", "is", "empty", "in", ",", "this", ".", "agency", "ever", "during", "\"x\"", "2026-01-01", "true", "setting", "n", "on", "before",
    ]), 0..14)) {
        let _ = Predicate::parse(&words_of.join(" "), &words(), "person");
    }
}
