//! Paths and values: the words of a rule → where they lead, and whether they are of the right type.

use crate::ast::{Cmp, Path, Term};
use crate::check::{Here, register};
use crate::indicator::Label;
use crate::ir::{Node, P, T};
use crate::schema::{Kind, Result, Val, err, suggest};

pub(crate) fn path(h: Here<'_>, p: &Path) -> Result<P> {
    let mut at = if p.outer { h.outer } else { h.now };
    let mut found = P {
        outer: p.outer || !h.inside,
        steps: vec![],
        field: String::new(),
        kind: Kind::Text,
        labels: vec![],
        said: None,
        register: at.id.clone(),
    };
    for (i, word) in p.words.iter().enumerate() {
        let last = i + 1 == p.words.len();
        if word == "id" && last {
            found.field = "id".into();
            found.kind = Kind::Link(at.id.clone());
            return Ok(found);
        }
        let Some(field) = at.field(word) else {
            return err(p.at, format!("«{}» không có trường «{word}»{}", at.id, suggest(word, at.fields.iter().map(|f| f.id.as_str()))));
        };
        found.labels.push(field.label.clone());
        if last {
            found.field = field.id.clone();
            found.kind = field.kind.clone();
            found.said.clone_from(&field.said);
            return Ok(found);
        }
        let target = match &field.kind {
            Kind::Link(target) => target,
            Kind::Links(r) => {
                return err(p.at, format!("«{word}» của «{}» dẫn tới nhiều bản ghi; viết «exists {r} via {word} where …»", at.id));
            }
            k => return err(p.at, format!("«{word}» của «{}» là {}, không dẫn tới sổ khác; bỏ phần sau dấu chấm", at.id, k.words())),
        };
        found.steps.push((field.id.clone(), target.clone()));
        at = register(h.schema, target, p.at)?;
    }
    err(p.at, "Thiếu tên trường")
}

/// A count or a length of time: a whole number, not negative, or such a setting.
pub(crate) fn number(h: Here<'_>, t: &Term) -> Result<T> {
    match t {
        Term::Literal(_, Val::Int(n)) if *n >= 0 => Ok(T::Literal(Val::Int(*n), same(text::number_vi(*n)))),
        Term::Setting(at, name) => match known_setting(h, *at, name)? {
            Val::Int(n) if *n >= 0 => Ok(T::Setting(name.clone())),
            v => err(*at, format!("Thiết lập «{name}» phải là số nguyên không âm, đang là «{}»", shown(v))),
        },
        other => err(other.at(), "Ở đây cần một số nguyên không âm hoặc «setting.tên»"),
    }
}

fn known_setting<'a>(h: Here<'a>, at: usize, name: &str) -> Result<&'a Val> {
    match h.settings.get(name) {
        Some(v) => Ok(v),
        None if h.settings.is_empty() => err(at, format!("Không có thiết lập «{name}»; khai báo [indicator.setting.{name}] cạnh quy tắc")),
        None => err(at, format!("Không có thiết lập «{name}»{}", suggest(name, h.settings.keys().map(String::as_str)))),
    }
}

fn shown(v: &Val) -> String {
    match v {
        Val::Text(s) => s.clone(),
        Val::Int(n) => n.to_string(),
        Val::Real(x) => x.to_string(),
        Val::Null | Val::List(_) => String::new(),
    }
}

pub(crate) fn comparison(h: Here<'_>, a: &Term, cmp: Cmp, b: &Term) -> Result<Node> {
    let Term::Path(pa) = a else { return err(a.at(), "Bên trái phép so sánh phải là một trường; đổi chỗ hai bên") };
    let left = path(h, pa)?;
    let name = pa.words.join(".");
    if let Kind::Links(r) = &left.kind {
        return err(pa.at, format!("«{name}» có nhiều giá trị; dùng «is empty» hoặc «exists {r} via {} where …»", left.field));
    }
    if matches!(left.kind, Kind::Choice(_) | Kind::Link(_) | Kind::Bool) && !matches!(cmp, Cmp::Eq | Cmp::Ne) {
        return err(pa.at, format!("«{name}» là {}, chỉ so sánh được bằng = hoặc !=", left.kind.words()));
    }
    let right = value(h, b, &left.kind, &name)?;
    Ok(Node::Cmp(T::Path(left), cmp, right))
}

/// `a [not] in (…)`.
pub(crate) fn member(h: Here<'_>, p: &Path, list: &[Term], not: bool) -> Result<Node> {
    let found = path(h, p)?;
    let name = p.words.join(".");
    match &found.kind {
        Kind::Links(r) => return err(p.at, format!("«{name}» có nhiều giá trị; viết «exists {r} via {} where …»", found.field)),
        Kind::Instant => return err(p.at, format!("«{name}» là thời điểm; dùng «within», «before» hoặc «on or after»")),
        _ => {}
    }
    let list = list.iter().map(|t| value(h, t, &found.kind, &name)).collect::<Result<Vec<_>>>()?;
    Ok(Node::In(found, list, not))
}

/// The right side, of the kind the left side has.
fn value(h: Here<'_>, t: &Term, kind: &Kind, name: &str) -> Result<T> {
    let day = matches!(kind, Kind::Date | Kind::Instant);
    match t {
        Term::Setting(at, s) => match literal(*at, known_setting(h, *at, s)?, kind, name) {
            Ok(_) => Ok(T::Setting(s.clone())),
            Err(e) => err(*at, format!("Thiết lập «{s}»: {}", e.message)),
        },
        Term::AsOf(_) if day => Ok(T::AsOf),
        Term::PeriodStart(_) if day => Ok(T::PeriodStart),
        Term::PeriodEnd(_) if day => Ok(T::PeriodEnd),
        Term::Year(_) if kind.is_number() => Ok(T::Year),
        Term::Bool(_, b) if *kind == Kind::Bool => Ok(T::Literal(Val::Int(i64::from(*b)), yes(*b))),
        Term::Literal(at, v) => literal(*at, v, kind, name),
        Term::Path(p) => path_value(h, p, kind, name),
        other => err(other.at(), format!("«{name}» là {}: không so sánh được với {}", kind.words(), special(other))),
    }
}

fn special(t: &Term) -> &'static str {
    match t {
        Term::Bool(..) => "«true»/«false»",
        Term::Year(_) => "«period.year» (một số)",
        _ => "một ngày",
    }
}

/// A bare word may be an option of the choice on the left; otherwise it is a field of a like kind.
fn path_value(h: Here<'_>, p: &Path, kind: &Kind, name: &str) -> Result<T> {
    let word = p.words.join(".");
    if let (Kind::Choice(options), [word], false) = (kind, p.words.as_slice(), p.outer) {
        if let Some((id, label)) = options.iter().find(|(id, _)| id == word) {
            return Ok(T::Literal(Val::Text(id.clone()), label.clone()));
        }
        if h.now.field(word).is_none() {
            return err(p.at, format!("«{name}» không có lựa chọn «{word}»{}", suggest(word, options.iter().map(|o| o.0.as_str()))));
        }
    }
    let found = match path(h, p) {
        Err(e) if matches!(kind, Kind::Text) && p.words.len() == 1 && !p.outer => {
            return err(e.at, format!("{} Nếu là chữ, đặt trong nháy kép: \"{word}\"", e.message));
        }
        other => other?,
    };
    let alike = match (kind, &found.kind) {
        (a, b) if a.is_number() && b.is_number() => true,
        (Kind::Link(a), Kind::Link(b)) => a == b,
        (_, Kind::Links(_)) => false,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    };
    if alike {
        return Ok(T::Path(found));
    }
    let what = |k: &Kind| match k {
        Kind::Link(r) => format!("liên kết tới «{r}»"),
        k => k.words().to_owned(),
    };
    err(p.at, format!("«{name}» là {}, «{word}» là {}: không so sánh được", what(kind), what(&found.kind)))
}

fn literal(at: usize, v: &Val, kind: &Kind, name: &str) -> Result<T> {
    let said = |s: String| Ok(T::Literal(v.clone(), same(s)));
    match (kind, v) {
        // the engines compare a column of decimals with a decimal
        (Kind::Decimal, Val::Int(n)) => Ok(T::Literal(Val::Real(*n as f64), same(text::number_vi(*n)))),
        (k, Val::Int(n)) if k.is_number() => {
            said(if *k == Kind::Integer && (1900..2200).contains(n) { n.to_string() } else { text::number_vi(*n) })
        }
        (Kind::Decimal, Val::Real(x)) => said(x.to_string().replace('.', ",")),
        (Kind::Bool, Val::Int(n @ 0..=1)) => Ok(T::Literal(v.clone(), yes(*n == 1))),
        (Kind::Date | Kind::Instant, Val::Text(d)) if let Ok(day) = text::parse_date_vi(d) => {
            let said = text::date_vi(&day);
            Ok(T::Literal(Val::Text(day), Label { vi: format!("ngày {said}"), en: said }))
        }
        (Kind::Text | Kind::Link(_), Val::Text(s)) => said(format!("“{s}”")),
        (Kind::Choice(options), Val::Text(s)) => match options.iter().find(|(id, _)| id == s) {
            Some((_, label)) => Ok(T::Literal(v.clone(), label.clone())),
            None => err(at, format!("«{name}» không có lựa chọn «{s}»{}", suggest(s, options.iter().map(|o| o.0.as_str())))),
        },
        _ => err(at, format!("«{name}» cần {}, nhận «{}»{}", kind.words(), shown(v), example(kind))),
    }
}

fn same(s: String) -> Label {
    Label { vi: s.clone(), en: s }
}

fn yes(b: bool) -> Label {
    let (vi, en) = if b { ("có", "yes") } else { ("không", "no") };
    Label { vi: vi.into(), en: en.into() }
}

fn example(k: &Kind) -> &'static str {
    match k {
        Kind::Integer | Kind::Money => "; ví dụ 3",
        Kind::Decimal => "; ví dụ 2.5",
        Kind::Date | Kind::Instant => "; ví dụ 2026-12-31",
        Kind::Bool => "; viết true hoặc false",
        Kind::Text | Kind::Link(_) => "; đặt trong nháy kép",
        Kind::Choice(_) | Kind::Links(_) => "",
    }
}
