//! What authors are told.
use crate::testing::{Data, ctx, rows, schema};
use crate::{AgencyScope, Lang, Pack, Predicate, Selection, compile};

fn told(register: &str, source: &str) -> String {
    Predicate::check(source, &schema(), register).map(|_| String::from("(no error)")).unwrap_or_else(|e| e.to_string())
}

#[test]
fn unknown_words_come_with_the_nearest() {
    let s = told("contact_point", "phon is empty");
    assert!(s.starts_with("cột 1: «contact_point» không có trường «phon»; có phải «phone»? Có: agency, unit"), "{s}");
    let s = told("agency", "exists contact_pont where person.active");
    assert!(s.starts_with("cột 8: không có sổ đăng ký «contact_pont»; có phải «contact_point»?"), "{s}");
    let s = told("agency", "kind in (department, comune)");
    assert!(s.starts_with("cột 22: không có lựa chọn «comune»; có phải «commune»?"), "{s}");
    let s = told("contact_point", "person.activ");
    assert!(s.starts_with("cột 8: «person» không có trường «activ»; có phải «active»?"), "{s}");
    let s = told("training_record", "completed_on on or before as_off");
    assert!(s.contains("có phải «as_of»?"), "{s}");
    assert!(told("agency", "setting.x = 1").contains("chưa khai báo tham số «x»"));
}

#[test]
fn kinds_and_units() {
    for (register, source, wanted) in [
        ("system", "level = \"ba\"", "cần số nguyên, ví dụ 3; gặp chuỗi \"ba\""),
        ("system", "level >= 2.5", "cần số nguyên"),
        ("system", "owner > \"x\"", "chỉ so sánh được bằng = hoặc !="),
        ("system", "name > \"x\"", "chỉ so sánh được bằng = hoặc !="),
        ("system", "level", "là số nguyên, không phải có/không"),
        ("system", "owner = operator and owner = administrators", "nhiều liên kết"),
        ("system", "approved_on > level", "không so sánh được với ngày"),
        ("budget_line", "amount > 500", "thiếu đơn vị tiền sau 500; viết 500 đồng"),
        ("budget_line", "amount > 500 days", "«days» không phải đơn vị tiền"),
        ("budget_line", "amount > year", "«year» là số nguyên, không so sánh được với tiền"),
        ("contact_point", "confirmed within 90", "thiếu đơn vị thời gian"),
        ("contact_point", "phone within 90 days", "within chỉ dùng với ngày"),
        ("contact_point", "person.phone.x is empty", "không có trường"),
        ("person", "active.x", "không đi tiếp bằng dấu chấm được"),
        ("system", "administrators.active", "viết exists administrators where"),
        ("person", "left_on = 31/02/2026", "không phải là ngày có thật"),
        ("person", "3 = 3 and 4", "một giá trị đứng riêng"),
        ("person", "agency.kind in (agency)", "«agency» là liên kết, không so sánh được với lựa chọn"),
        ("agency", "headcount in (headcount)", "chỉ viết giá trị"),
        ("person", "full_name = x", "viết \"x\""),
    ] {
        let s = told(register, source);
        assert!(s.contains(wanted), "{source}: {s}");
    }
}

#[test]
fn links_are_found_or_asked_for() {
    for (register, source, wanted) in [
        ("person", "exists contact_point", "«contact_point» có nhiều liên kết tới «person»; thêm via person hoặc via deputy"),
        ("person", "exists contact_point via deputi", "không có trường «deputi»; có phải «deputy»?"),
        ("person", "exists contact_point via agency", "không phải liên kết tới «person»; có: person, deputy"),
        ("deployment", "exists product_assessment where result = passed", "không có liên kết tới «deployment»"),
        ("system", "exists administrators via x", "không cần via"),
        ("system", "all of control have system_layer", "«system_layer» không có liên kết tới «control»"),
    ] {
        let s = told(register, source);
        assert!(s.contains(wanted), "{source}: {s}");
    }
    for (register, source) in [
        ("person", "exists contact_point via deputy where active"),
        ("system", "exists administrators where active"),
        ("deployment", "exists product_assessment via product = product where result = passed"),
        ("agency", "exists training_record via person.agency where result = passed"),
        ("system", "all of control have control_answer for system via control where result = met"),
        ("agency", "exists system via owner where (all of layer have system_layer) and owner = this and owner = agency"),
        ("person", "seniority >= 2 and seniority > 1.5 and no post ever"),
        (
            "report_submission",
            "sent_at before 05/12 and sent_at within period and sent_at = 4/12/2026 and created_at on or after as_of - 1 year",
        ),
    ] {
        assert_eq!(told(register, source), "(no error)", "{source}");
    }
}

#[test]
fn what_could_be_read_two_ways_is_refused() {
    for (source, wanted) in [
        ("exists post where fn_it and exists certificate", "không rõ thuộc bên trong hay bên ngoài"),
        ("exists post where fn_it or active", "không rõ thuộc bên trong hay bên ngoài"),
        ("exists post where fn_it and not no certificate", "không rõ"),
        ("active and", "cần tên trường hoặc giá trị|cần trường hoặc giá trị, gặp hết biểu thức"),
        ("(active", "cần dấu «)», gặp hết biểu thức"),
        ("active active", "cần and, or hoặc hết biểu thức, gặp «active»"),
        ("count post", "cần so sánh số lượng"),
        ("", "biểu thức trống"),
        ("active on before as_of", "cần and, or"),
    ] {
        let s = told("person", source);
        assert!(wanted.split('|').any(|w| s.contains(w)), "{source}: {s}");
    }
    for ok in [
        "(exists post where fn_it) and (exists certificate)",
        "exists post where fn_it and (fn_dx or category = leader)",
        "(exists post where fn_it) or active",
        "exists post or active",
        "exists post where exists systems where level = 3",
        "count (post where fn_it) >= 2 or active",
        "count post where fn_it and category = leader >= 2",
    ] {
        assert!(told("person", ok) == "(no error)", "{ok}: {}", told("person", ok));
    }
}

#[test]
fn depth_and_length_are_bounded() {
    assert!(told("person", &format!("{}active{}", "(".repeat(500), ")".repeat(500))).contains("lồng nhau quá"));
    assert!(told("person", &"not ".repeat(500)).contains("lồng nhau quá"));
    assert!(told("person", &format!("active{}", " or active".repeat(400))).contains("điều kiện trong một biểu thức"));
    assert!(told("person", &"active or ".repeat(3000)).contains("dài quá"));
    assert!(told("agency", &format!("{}kind = soe", "parent.".repeat(9))).contains("đường dẫn dài quá"));
    // The longest allowed is taken by the engine.
    let long = format!("active{}", " or active".repeat(299));
    let predicate = Predicate::check(&long, &schema(), "person").unwrap();
    let statement = predicate.to_sql("p", 1, &ctx("2026-01-01", "2026-01-01", "2026-01-01"));
    let sql = crate::Statement { sql: format!("SELECT p.id FROM person p WHERE {}", statement.sql), params: statement.params };
    assert!(rows(&Data::default().sqlite(&schema()), &sql).is_empty());
}

#[test]
fn packs_name_file_indicator_key_and_column() {
    let head = "[[indicator]]\nid = \"T-04\"\nlabel = { vi = \"a\", en = \"a\" }\nbasis = [\"x\"]\n";
    let rule = "population = \"agency\"\nmeets = \"must_report\"\n";
    for (text, wanted) in [
        ("[[indicator]\nid = 1", "p.toml: dòng 1: tệp TOML không đọc được"),
        (&format!("{head}meats = \"x\"\n") as &str, "p.toml: T-04: định nghĩa không đúng mẫu: unknown field `meats`"),
        (&format!("{head}population = \"agency\"\n"), "p.toml: T-04: meets: thiếu điều kiện đạt"),
        (&format!("{head}population = \"agency\"\nmeets = \"kind =\"\n"), "p.toml: T-04: meets, cột 7: cần trường hoặc giá trị"),
        (&format!("{head}{rule}[[indicator.target]]\nat_least = 100\nbasis = \"x\"\n"), "target[0]: thiếu đơn vị; viết unit = \"%\""),
        (&format!("{head}{rule}[[indicator.target]]\nat_least = 101\nunit = \"%\"\nbasis = \"x\"\n"), "không hợp lệ; tỷ lệ từ 0 đến 100"),
        (&format!("{head}{rule}[[indicator.target]]\nat_least = 1\nat_most = 2\nunit = \"%\"\nbasis = \"x\"\n"), "ghi đúng một trong"),
        (&format!("{head}{rule}[[indicator.target]]\nat_least = 1\nunit = \"lần\"\nbasis = \"x\"\n"), "cần unit = \"%\", gặp «lần»"),
        (&format!("{head}{rule}period = \"nam\"\n"), "period: không hiểu kỳ «nam»"),
        (&format!("{head}{rule}from = 2026-13-01\n"), "không đọc được"),
        (&format!("{head}{rule}from = 2026-03-30\nto = 2026-03-29\n"), "ngày kết thúc trước ngày bắt đầu"),
        (&format!("{head}{rule}{head}{rule}"), "trùng mã và phiên bản 1"),
        (&format!("{head}kind = \"ratio\"\n"), "numerator: tỷ lệ tiền cần numerator và denominator"),
        (&format!("{head}pool = [\"x\"]\n"), "pool: không có phần «x»"),
        ("[[indicator]]\nid = \"X\"\nlabel = { vi = \"a\" }\npopulation = \"agency\"\nmeets = \"true\"\n", "X: basis: nêu căn cứ"),
        ("[x]\n", "khóa lạ «x»"),
    ] {
        let errors =
            Pack::load(text, "p.toml").map(|_| String::from("(none)")).unwrap_or_else(|e| e.iter().map(|e| format!("{e}\n")).collect());
        assert!(errors.contains(wanted), "{text}\n{errors}");
    }
    // All errors at once, of all expressions.
    let text = format!(
        "{head}population = \"agency where knd = soe\"\nmeets = \"true\"\n[[indicator.part]]\nid = \"p\"\nlabel = {{ vi = \"a\", en = \"a\" }}\npopulation = \"agency\"\nmeets = \"hed is empty\"\n"
    );
    let pack = Pack::load(&text, "p.toml").unwrap();
    let errors: Vec<String> = compile(&pack.indicators[0], &schema()).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2);
    assert!(errors[0].starts_with("population, cột 14: «agency» không có trường «knd»; có phải «kind»?"), "{errors:?}");
    assert!(errors[1].starts_with("part.p.meets, cột 1: «agency» không có trường «hed»; có phải «head»?"), "{errors:?}");
}

#[test]
fn selections_expand_collective_actors() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "agency", "a", "kind=department path=/p/a/").add(&s, "agency", "b", "kind=branch path=/p/b/").add(
        &s,
        "agency",
        "c",
        "kind=soe path=/q/c/",
    );
    d.add(&s, "agency", "old", "kind=department path=/p/old/ valid_to=2026-06-30");
    let selection = Selection::check("agency where kind in (department, branch)", &s).unwrap();
    let ids = |ctx| rows(&d.sqlite(&s), &selection.ids(&ctx)).concat();
    let day = ctx("2026-11-22", "2026-11-22", "2026-11-22");
    assert_eq!(ids(day.clone()), ["a", "b"]);
    assert_eq!(ids(ctx("2026-06-30", "2026-06-30", "2026-06-30")), ["a", "b", "old"]);
    assert_eq!(ids(day.clone().scoped(AgencyScope::Paths(vec!["/q/".into()]))), Vec::<String>::new());
    assert!(selection.contains(&d, "a", &day) && !selection.contains(&d, "old", &day) && !selection.contains(&d, "c", &day));
    let sentence = selection.sentence(Lang::Vi).plain();
    assert_eq!(sentence, "sổ agency còn hiệu lực vào ngày chốt số liệu mà kind thuộc (department, branch)");
    let ever = Selection::check("agency ever", &s).unwrap();
    assert_eq!(rows(&d.sqlite(&s), &ever.ids(&day)).len(), 4);
}

#[test]
fn html_is_escaped() {
    let predicate = Predicate::check("name = \"<script>&\"", &schema(), "agency").unwrap();
    assert_eq!(predicate.sentence(Lang::Vi).html(), "name là <strong>&lt;script&gt;&amp;</strong>");
}

#[test]
fn three_valued_as_documented() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "person", "p", "full_name=x");
    let day = ctx("2026-11-22", "2026-11-22", "2026-11-22");
    for (source, answer) in [
        ("active", None),
        ("not active", None),
        ("active or true", Some(true)),
        ("active and false", Some(false)),
        ("active or false", None),
        ("seniority > 1", None),
        ("staff_kind != official", None),
        ("staff_kind not in (official)", None),
        ("active is empty", Some(true)),
        ("agency.kind is empty", Some(true)),
        ("agency.kind = soe", None),
        ("exists post", Some(false)),
        ("no post", Some(true)),
        ("count post = 0", Some(true)),
        ("left_on within 3 months", None),
        ("as_of after 2026-01-01", Some(true)),
    ] {
        assert_eq!(Predicate::check(source, &s, "person").unwrap().evaluate(&d, "p", &day), answer, "{source}");
    }
}
