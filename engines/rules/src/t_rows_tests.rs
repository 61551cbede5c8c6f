//! The targets of requirements.md part 2, said in the language and answered on small registers worked out by hand.
use crate::testing::{Data, ctx, figures, rows, schema};
use crate::{AgencyScope, Compiled, Ctx, Figure, IndicatorKind, Lang, Outcome, Pack, Period, Verdict, compile, judge};

const PACK: &str = include_str!("../fixtures/t_rows.toml");

fn compiled(id: &str) -> (crate::Indicator, Compiled) {
    let pack = Pack::load(PACK, "t_rows.toml").unwrap_or_else(|e| panic!("{}", e.iter().map(|e| format!("{e}\n")).collect::<String>()));
    let indicator = pack.indicators.into_iter().find(|i| i.id == id).unwrap();
    let compiled = compile(&indicator, &schema()).unwrap_or_else(|e| panic!("{id}: {e:?}"));
    (indicator, compiled)
}

fn year(as_of: &str) -> Ctx {
    Ctx::at(calendar::Date::parse(as_of).unwrap(), &Period::parse("calendar year").unwrap())
}

/// Sum over agencies, from SQL; checked against the evaluator record by record.
fn total(data: &Data, id: &str, part: Option<&str>, ctx: &Ctx) -> Figure {
    let (_, compiled) = compiled(id);
    let question = compiled.question(part).unwrap();
    let schema = schema();
    let db = data.sqlite(&schema);
    let mut sum = Figure::zero(question.kind);
    figures(&db, &question.summary(ctx)).into_values().for_each(|f| sum += Figure::of(question.kind, f));
    for outcome in [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded] {
        let listed: Vec<String> = rows(&db, &question.drill(ctx, outcome, 1000, "")).into_iter().map(|mut r| r.swap_remove(0)).collect();
        let mut expected = Vec::new();
        for register in question.registers() {
            let of = data.tables.get(register).into_iter().flatten();
            expected.extend(of.filter(|r| question.evaluate(data, &r.id, ctx) == outcome).map(|r| r.id.clone()));
        }
        expected.sort();
        expected.dedup();
        assert_eq!(listed, expected, "{id} {outcome:?}");
    }
    sum
}

fn numbers(f: Figure) -> [i64; 5] {
    [f.population, f.met, f.unmet, f.unknown, f.excluded]
}

#[test]
fn every_row_compiles_and_reads_well() {
    let pack = Pack::load(PACK, "t_rows.toml").unwrap();
    let schema = schema();
    let db = Data::default().sqlite(&schema);
    for indicator in &pack.indicators {
        if indicator.no_source.is_some() {
            assert!(compile(indicator, &schema).unwrap_err()[0].to_string().contains("chưa có nguồn dữ liệu"));
            continue;
        }
        let compiled = compile(indicator, &schema).unwrap_or_else(|e| panic!("{}: {e:?}", indicator.id));
        let ctx = year("2026-11-22");
        for question in std::iter::once(&compiled.main).chain(compiled.parts.iter().map(|p| &p.question)) {
            for scope in [AgencyScope::All, AgencyScope::Paths(vec!["/a/".into()]), AgencyScope::Agencies(vec!["a".into()])] {
                let ctx = ctx.clone().scoped(scope);
                assert!(rows(&db, &question.summary(&ctx)).is_empty());
                for outcome in [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded, Outcome::Outside] {
                    assert!(rows(&db, &question.drill(&ctx, outcome, 10, "")).is_empty());
                }
            }
        }
        assert!(!compiled.lineage().is_empty(), "{}", indicator.id);
        println!("{}\n  {}\n  {}", indicator.id, compiled.sentence(Lang::Vi).plain(), compiled.sentence(Lang::En).plain());
    }
}

#[test]
fn t01_trained_this_year() {
    let (s, mut d) = (schema(), Data::default());
    for (id, post, trained) in [
        ("p1", "category=force_agency", "completed_on=2026-03-01 result=passed"),
        ("p2", "category=force_province", "completed_on=2025-12-31 result=passed"),
        ("p3", "category=force_agency", "completed_on=2026-03-01 result=failed"),
        ("p4", "category=leader", "completed_on=2026-03-01 result=passed"),
        ("p5", "category=force_agency valid_to=2026-11-21", "completed_on=2026-03-01 result=passed"),
        ("p6", "category=force_agency", "completed_on=2026-11-23 result=passed"),
    ] {
        d.add(&s, "person", id, "agency=a active=1");
        d.add(&s, "post", &format!("post-{id}"), &format!("person={id} {post}"));
        d.add(&s, "training_record", &format!("t-{id}"), &format!("person={id} {trained}"));
    }
    // Counted once, however many posts and courses.
    d.add(&s, "post", "second", "person=p1 category=force_province");
    d.add(&s, "training_record", "second", "person=p1 completed_on=2026-05-01 result=passed");
    // p1 met; p2 last year, p3 failed, p6 after the as-of date; p4 and p5 are not of the force on the day.
    assert_eq!(numbers(total(&d, "T-01", None, &year("2026-11-22"))), [4, 1, 3, 0, 0]);
}

#[test]
fn t02_counts_people_of_many_systems_once() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "person", "p1", "agency=a active=1").add(&s, "person", "p2", "agency=a active=1").add(
        &s,
        "person",
        "p3",
        "agency=a active=1",
    );
    d.add(&s, "system", "s1", "owner=a state=operating level=3 administrators=p1,p2");
    d.add(&s, "system", "s2", "owner=a state=operating level=4 administrators=p1");
    d.add(&s, "system", "s3", "owner=a state=operating administrators=p3");
    d.add(&s, "training_record", "t", "person=p1 result=passed level=deep completed_on=2020-01-01");
    let ctx = year("2026-11-22");
    assert_eq!(numbers(total(&d, "T-02", None, &ctx)), [2, 1, 1, 0, 0]);
    assert_eq!(total(&d, "T-02", Some("unknown_level"), &ctx).number(), 1);
}

#[test]
fn t04_contact_points_are_alive() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "person", "p", "active=1").add(&s, "person", "gone", "active=0");
    for (id, kind) in [("a", "department"), ("b", "commune"), ("c", "branch"), ("d", "department"), ("e", "school"), ("f", "department")] {
        d.add(&s, "agency", id, &format!("kind={kind} path=/{id}/"));
    }
    d.add(&s, "agency", "old", "kind=department path=/old/ valid_to=2026-06-30");
    d.add(&s, "contact_point", "c1", "agency=a person=p confirmed_on=2026-08-24");
    d.add(&s, "contact_point", "c2", "agency=b person=p confirmed_on=2026-08-23");
    d.add(&s, "contact_point", "c3", "agency=c person=gone confirmed_on=2026-11-01");
    d.add(&s, "contact_point", "c4", "agency=d person=p confirmed_on=2026-11-01 valid_to=2026-11-21");
    d.add(&s, "contact_point", "c5", "agency=e person=p confirmed_on=2026-11-01");
    let day = |on: &str| ctx(on, on, on);
    assert_eq!(numbers(total(&d, "T-04", None, &day("2026-11-22"))), [5, 1, 4, 0, 0]);
    // The day before, d's contact point was valid and b's confirmation was within 90 days.
    assert_eq!(numbers(total(&d, "T-04", None, &day("2026-11-21"))), [5, 3, 2, 0, 0]);
    // In June the old department was still there.
    assert_eq!(total(&d, "T-04", None, &day("2026-06-30")).population, 6);
    let (indicator, compiled) = compiled("T-04");
    let figure = total(&d, "T-04", None, &day("2026-11-22"));
    assert_eq!((figure.to_vi().as_str(), judge(&indicator.targets[0], &figure)), ("20%", Verdict::NotMet));
    assert_eq!(
        compiled.sentence(Lang::Vi).plain(),
        "Tính trên sổ agency còn hiệu lực vào ngày chốt số liệu mà kind thuộc (department, branch, commune); đạt khi có ít nhất một sổ contact_point còn hiệu lực vào ngày chốt số liệu mà “active của person” đúng và ngày xác nhận trong vòng 90 ngày tính đến ngày chốt số liệu."
    );
    assert!(compiled.sentence(Lang::Vi).html().contains("<strong>90</strong>"));
    assert_eq!(
        compiled.lineage(),
        [
            ("agency", vec!["id", "kind", "valid_from", "valid_to"]),
            ("contact_point", vec!["agency", "confirmed_on", "person", "valid_from", "valid_to"]),
            ("person", vec!["active"])
        ]
        .map(|(r, f)| (r.to_owned(), f.into_iter().map(str::to_owned).collect::<Vec<_>>()))
    );
}

#[test]
fn t10_an_empty_dossier_never_passes() {
    let (s, mut d) = (schema(), Data::default());
    for (id, level) in [("c1", 3), ("c2", 3), ("c3", 2)] {
        d.add(&s, "control", id, &format!("level={level} mandatory=1 interval_months=12"));
    }
    d.add(&s, "control", "optional", "level=3 mandatory=0").add(&s, "control", "gone", "level=3 mandatory=1 valid_to=2025-12-31");
    let answer = |d: &mut Data, id: &str, rest: &str| {
        d.add(&s, "control_answer", id, rest);
    };
    for (id, fields) in [
        ("full", "level=3"),
        ("half", "level=3"),
        ("empty", "level=3"),
        ("nolevel", ""),
        ("undemanded", "level=5"),
        ("double", "level=3"),
        ("stale", "level=2"),
        ("future", "level=3 started_on=2027-01-01"),
    ] {
        d.add(&s, "system", id, &format!("owner=a state=operating state_budget=1 {fields}"));
    }
    answer(&mut d, "1", "system=full control=c1 result=met");
    answer(&mut d, "2", "system=full control=c2 result=not_applicable approved_na=1");
    answer(&mut d, "3", "system=half control=c1 result=met");
    answer(&mut d, "4", "system=half control=c2 result=not_applicable approved_na=0");
    // Two answers to one control are not answers to two controls.
    answer(&mut d, "5", "system=double control=c1 result=met");
    answer(&mut d, "6", "system=double control=c1 result=met");
    answer(&mut d, "7", "system=stale control=c3 result=met valid_until=2026-11-21");
    // Answers to what is not demanded do not help.
    answer(&mut d, "8", "system=undemanded control=c1 result=met");
    let on = ctx("2026-11-22", "2026-11-22", "2026-11-22");
    let figure = total(&d, "T-10", None, &on);
    // Met: full. Unmet: half, double, stale. Unknown: empty (no answers), nolevel, undemanded (nothing demanded). Excluded: future.
    assert_eq!(numbers(figure), [8, 1, 3, 3, 1]);
    assert_eq!(figure.to_vi(), "14,2%");
    let (_, compiled) = compiled("T-10");
    assert_eq!(compiled.main.reasons(0)[0].vi, "chưa đưa vào vận hành");
    let index = |register: &str, fields: &[&str]| (register.to_owned(), fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        compiled.indexes(),
        [
            index("control", &["level"]),
            index("control_answer", &["system", "control", "result", "approved_na", "valid_until", "deleted_at"])
        ]
    );
    // The same for one agency only: the other shape of SQL.
    let scoped = on.scoped(AgencyScope::Agencies(vec!["a".into()]));
    assert_eq!(numbers(total(&d, "T-10", None, &scoped)), [8, 1, 3, 3, 1]);
}

#[test]
fn t13_two_populations_and_their_pool() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "product", "vn", "strategic=1 origin=vietnam").add(&s, "product", "foreign", "strategic=1 origin=foreign");
    d.add(&s, "agency", "a", "kind=department path=/a/").add(&s, "agency", "b", "kind=commune path=/b/");
    d.add(&s, "system", "s1", "owner=a national_critical=1 state=operating").add(&s, "system", "s2", "owner=b state=operating");
    d.add(&s, "deployment", "d1", "product=vn agency=a started_on=2026-01-01");
    d.add(&s, "deployment", "d2", "product=foreign agency=b started_on=2026-01-01");
    d.add(&s, "deployment", "d3", "product=vn system=s1 agency=b started_on=2026-01-01 ended_on=2026-11-21");
    let mut on = ctx("2026-11-22", "2026-11-22", "2026-11-22");
    assert_eq!(numbers(total(&d, "T-13", Some("agencies"), &on)), [2, 1, 1, 0, 0]);
    assert_eq!(numbers(total(&d, "T-13", Some("systems"), &on)), [1, 0, 1, 0, 0]);
    assert_eq!(numbers(total(&d, "T-13", None, &on)), [3, 1, 2, 0, 0]);
    let (_, compiled) = compiled("T-13");
    on.settings.insert("min_deployments".into(), crate::Val::Int(2));
    assert!(compiled.check_setting("min_deployments", &crate::Val::Int(2)).is_ok());
    assert!(compiled.check_setting("min_deployments", &crate::Val::Text("hai".into())).is_err());
    assert!(compiled.check_setting("min_deploymets", &crate::Val::Int(2)).unwrap_err().to_string().contains("min_deployments"));
    assert_eq!(numbers(total(&d, "T-13", Some("agencies"), &on)), [2, 0, 2, 0, 0]);
    on.settings.insert("min_deployments".into(), crate::Val::Int(0));
    assert_eq!(numbers(total(&d, "T-13", Some("agencies"), &on)), [2, 2, 0, 0, 0]);
}

#[test]
fn t15_assessed_before_not_after() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "product", "p", "security=1").add(&s, "product", "late", "security=1").add(&s, "product", "other", "security=0");
    d.add(&s, "product_assessment", "a1", "product=p result=passed assessed_on=2025-01-01 expires_on=2026-01-01");
    d.add(&s, "product_assessment", "a2", "product=late result=passed assessed_on=2026-05-01");
    for (id, fields) in [
        ("in_time", "product=p started_on=2025-06-01"),
        ("expired", "product=p started_on=2026-01-02"),
        ("too_late", "product=late started_on=2026-04-30"),
        ("not_security", "product=other started_on=2026-01-01"),
        ("nobody", "started_on=2026-01-01"),
    ] {
        d.add(&s, "deployment", id, &format!("agency=a {fields}"));
    }
    assert_eq!(numbers(total(&d, "T-15", None, &year("2026-11-22"))), [3, 1, 2, 0, 0]);
}

#[test]
fn t29_sum_over_sum() {
    let (s, mut d) = (schema(), Data::default());
    let line = |d: &mut Data, id: &str, agency: &str, amount: &str, security: &str| {
        d.add(&s, "budget_line", id, &format!("agency={agency} year=2026 phase=actual spending=it amount={amount} {security}"));
    };
    line(&mut d, "1", "a", "100", "security_amount=50");
    line(&mut d, "2", "b", "900", "security_amount=49");
    line(&mut d, "3", "b", "0", "");
    d.add(&s, "budget_line", "4", "agency=b year=2025 phase=actual spending=it amount=5 security_amount=5");
    d.add(&s, "budget_line", "5", "agency=b year=2026 phase=actual spending=other amount=5 security_amount=5");
    let ctx = year("2026-11-22");
    let figure = total(&d, "T-29", None, &ctx);
    assert_eq!(numbers(figure), [1000, 99, 901, 1, 0]);
    let (indicator, compiled) = compiled("T-29");
    // 10 % until 2025, 15 % from July 2026: dated targets, the same figure.
    let verdicts: Vec<_> = indicator.targets.iter().map(|t| (t.to_vi(), t.applies(ctx.as_of), judge(t, &figure))).collect();
    assert_eq!(verdicts, [("≥ 10%".to_owned(), false, Verdict::NotMet), ("≥ 15%".to_owned(), true, Verdict::NotMet)]);
    let by = figures(&d.sqlite(&s), &compiled.summary(&ctx));
    assert_eq!((by["a"][1], by["b"][1]), (50, 49));
    assert_eq!(Figure::of(IndicatorKind::Ratio, by["a"]).to_vi(), "50%");
    assert_eq!(judge(&indicator.targets[0], &total(&d, "T-29", Some("planned"), &ctx)), Verdict::NoSubject);
}

#[test]
fn t30_before_the_fifth_of_december() {
    let (s, mut d) = (schema(), Data::default());
    for (id, sent) in [("a", "2026-12-04"), ("b", "2026-12-05"), ("c", "2025-12-04")] {
        d.add(&s, "agency", id, &format!("must_report=1 path=/{id}/"));
        d.add(
            &s,
            "report_submission",
            &format!("r{id}"),
            &format!("agency={id} kind=annual year=2026 state=submitted submitted_on={sent}"),
        );
    }
    d.add(&s, "agency", "d", "must_report=0 path=/d/");
    assert_eq!(numbers(total(&d, "T-30", None, &year("2026-12-31"))), [3, 2, 1, 0, 0]);
}

#[test]
fn t36_t37_layers_and_violations() {
    let (s, mut d) = (schema(), Data::default());
    d.add(&s, "layer", "l1", "no=1 proof_months=12").add(&s, "layer", "l2", "no=2 proof_months=12");
    d.add(&s, "system", "good", "owner=a state=operating level=2 approved_on=2026-01-31 started_on=2026-02-01");
    d.add(&s, "system", "late", "owner=a state=operating level=2 approved_on=2026-02-02 started_on=2026-02-01");
    d.add(&s, "system", "bare", "owner=b state=operating started_on=2026-02-01");
    d.add(&s, "system", "old", "owner=b state=operating started_on=2020-02-01");
    for (id, fields) in [
        ("1", "system=good layer=l1 proof_on=2026-01-01"),
        ("2", "system=good layer=l2 proof_on=2026-02-01"),
        ("3", "system=late layer=l1 proof_on=2025-11-21"),
        ("4", "system=late layer=l2 proof_on=2026-01-01"),
        ("5", "system=old layer=l2 proof_on=2026-01-01 valid_to=2026-10-01"),
    ] {
        d.add(&s, "system_layer", id, fields);
    }
    let ctx = year("2026-11-22");
    let violations = total(&d, "T-36", None, &ctx);
    assert_eq!((violations.population, violations.number()), (3, 2));
    assert_eq!(judge(&compiled("T-36").0.targets[0], &violations), Verdict::NotMet);
    assert_eq!(numbers(total(&d, "T-37", None, &ctx)), [4, 1, 3, 0, 0]);
    assert_eq!(numbers(total(&d, "T-37", Some("layer1"), &ctx)), [4, 1, 3, 0, 0]);
    assert_eq!(numbers(total(&d, "T-37", Some("layer2"), &ctx)), [4, 2, 2, 0, 0]);
    // Without a catalogue nothing is known, and nothing passes.
    d.tables.remove("layer");
    assert_eq!(numbers(total(&d, "T-37", None, &ctx)), [4, 0, 0, 4, 0]);
}
