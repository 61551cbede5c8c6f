//! Values of fields as people see and type them.

use std::sync::LazyLock;

use maud::{Markup, html};
use registers::actions::Values;
use registers::definition::{ChoiceOption, State};
use registers::{Data, Definition, Field, FieldType, Label, Record, Registry};
use store::FieldError;

use crate::components::{Choice, FieldView, InputKind, tag};
use crate::fmt;
use crate::forms::FormData;
use crate::i18n::Lang;
use crate::module::Tone;
use crate::uploads;

/// Up to so many options a link of a form could be a select; more need the picker.
pub const FEW: usize = 12;

static VALID: LazyLock<[Field; 2]> = LazyLock::new(|| {
    let f = |id: &str, vi: &str, en: &str| Field {
        id: id.into(),
        label: Label { vi: vi.into(), en: en.into() },
        help: Label::default(),
        kind: FieldType::Date,
        required: false,
        said: None,
        sensitive: None,
        search: false,
        min: None,
        max: None,
        default: None,
        words: Default::default(),
    };
    [f("valid_from", "Hiệu lực từ ngày", "Valid from"), f("valid_to", "Hiệu lực đến hết ngày", "Valid to")]
});

/// All fields of a register as forms and pages show them: its own, and the two dates of a dated one.
pub fn fields(def: &Definition) -> Vec<&Field> {
    let mut out: Vec<&Field> = def.fields.iter().collect();
    if def.register.dated {
        out.extend(VALID.iter().filter(|v| !def.fields.iter().any(|f| f.id == v.id)));
    }
    out
}

/// A field by id, also the two dates.
pub fn field_of<'a>(def: &'a Definition, id: &str) -> Option<&'a Field> {
    fields(def).into_iter().find(|f| f.id == id)
}

/// Label of a field or of a column every register has.
pub fn label_of(def: &Definition, id: &str, lang: Lang) -> String {
    if let Some(f) = field_of(def, id) {
        return lang.label(&f.label).to_owned();
    }
    match id {
        "state" => lang.t("Trạng thái", "State"),
        "agency" => lang.t("Cơ quan", "Agency"),
        "confirmed_on" => lang.t("Xác nhận gần nhất", "Last confirmed"),
        "created_at" => lang.t("Ngày tạo", "Created"),
        "updated_at" => lang.t("Sửa gần nhất", "Last changed"),
        "reason" => lang.t("Lý do", "Reason"),
        other => other,
    }
    .to_owned()
}

/// Option of a code list.
pub fn option_of<'a>(reg: &'a Registry, list: &str, value: &str) -> Option<&'a ChoiceOption> {
    reg.choices.get(list)?.options.iter().find(|o| o.id == value)
}

/// A state by id.
pub fn state_of<'a>(def: &'a Definition, id: &str) -> Option<&'a State> {
    def.states.iter().find(|s| s.id == id)
}

/// The state of a record as a coloured word.
pub fn state_tag(def: &Definition, r: &Record, lang: Lang) -> Markup {
    let Some(s) = r.state.as_deref() else {
        return html! {};
    };
    match state_of(def, s) {
        Some(st) => tag(Tone::parse(&st.tone), lang.label(&st.label)),
        None => tag(Tone::Plain, s),
    }
}

/// Options of a code list that may be used today, and the present value even when it may not any more.
pub fn options(reg: &Registry, list: &str, today: &str, present: &str, lang: Lang) -> Vec<Choice> {
    let usable =
        |o: &&ChoiceOption| o.id == present || (o.from.as_deref().is_none_or(|d| d <= today) && o.to.as_deref().is_none_or(|d| today <= d));
    let Some(l) = reg.choices.get(list) else {
        return vec![];
    };
    l.options.iter().filter(usable).map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).to_owned() }).collect()
}

/// One value of a record for reading. Links lead to their records; what is masked says so.
pub fn show(reg: &Registry, f: &Field, r: &Record, lang: Lang) -> Markup {
    let data = r.fields.get(&f.id).unwrap_or(&Data::Null);
    if r.masked.contains(&f.id) {
        return html! { span.masked { (plain(reg, f, data, lang)) } " " span.muted.small { "(" (lang.t("đã che", "masked")) ")" } };
    }
    match (&f.kind, data) {
        (_, Data::Null) => html! { span.muted { "–" } },
        (FieldType::Link(target) | FieldType::Links(target), _) => {
            let pairs = r.links.get(&f.id).map(Vec::as_slice).unwrap_or_default();
            html! { @for (i, (id, title)) in pairs.iter().enumerate() { @if i > 0 { "; " } a href=(format!("/r/{target}/{id}")) { (title) } } }
        }
        (FieldType::Choice(list), Data::Text(v)) => match option_of(reg, list, v) {
            Some(o) if !o.tone.is_empty() => tag(Tone::parse(&o.tone), lang.label(&o.label)),
            Some(o) => html! { (lang.label(&o.label)) },
            None => html! { (v) },
        },
        (FieldType::Url, Data::Text(v)) if v.starts_with("http://") || v.starts_with("https://") => {
            html! { a href=(v) rel="noopener noreferrer nofollow" { (v) } }
        }
        (_, Data::Files(list)) => files(&r.register, &r.id, &f.id, list),
        (FieldType::Email, Data::Text(v)) => html! { a href=(format!("mailto:{v}")) { (v) } },
        (FieldType::Phone, Data::Text(v)) => {
            html! { a href=(format!("tel:{}", v.replace([' ', '.', '-'], ""))) { (v) } }
        }
        _ => html! { (plain(reg, f, data, lang)) },
    }
}

/// Files as downloads under their record.
pub fn files(register: &str, id: &str, field: &str, list: &[registers::Attachment]) -> Markup {
    html! { @for (i, a) in list.iter().enumerate() { @if i > 0 { br; }
        a href=(format!("/r/{register}/{id}/file/{field}/{}", a.sha256())) download { (a.name()) } " " span.muted.small { "(" (uploads::size_words(a.size())) ")" }
    } }
}

/// A value as text: for cells of history, chips, select options. Links show ids here; use [`show`] for records.
pub fn plain(reg: &Registry, f: &Field, data: &Data, lang: Lang) -> String {
    match (&f.kind, data) {
        (_, Data::Null) => String::new(),
        (FieldType::Bool, Data::Int(n)) => yes_no(*n != 0, lang),
        (_, Data::Bool(b)) => yes_no(*b, lang),
        (FieldType::Money, Data::Int(n)) => fmt::money(*n),
        (FieldType::Year, Data::Int(n)) => n.to_string(),
        (_, Data::Int(n)) => fmt::int(*n),
        (_, Data::Real(x)) => fmt::dec_auto(*x),
        (FieldType::Date, Data::Text(d)) => fmt::date(d),
        (FieldType::Choice(list), Data::Text(v)) => option_of(reg, list, v).map_or_else(|| v.clone(), |o| lang.label(&o.label).to_owned()),
        (_, Data::Text(v)) => f.words.get(v).map_or_else(|| v.clone(), |l| lang.label(l).to_owned()),
        (_, Data::Links(ids)) => ids.join("; "),
        (_, Data::Files(list)) => list.iter().map(|a| a.name().to_owned()).collect::<Vec<_>>().join("; "),
    }
}

fn yes_no(b: bool, lang: Lang) -> String {
    if b { lang.t("Có", "Yes") } else { lang.t("Không", "No") }.to_owned()
}

/// Is a column of this type aligned to the right?
pub fn is_num(k: &FieldType) -> bool {
    matches!(k, FieldType::Integer | FieldType::Decimal | FieldType::Money | FieldType::Year)
}

/// A value as a person would type it.
pub fn typed(f: &Field, data: &Data) -> String {
    match (&f.kind, data) {
        (_, Data::Null) => String::new(),
        (FieldType::Bool, Data::Bool(b)) => i64::from(*b).to_string(),
        (FieldType::Bool | FieldType::Year, Data::Int(n)) => n.to_string(),
        (_, Data::Int(n)) => fmt::int(*n),
        (_, Data::Real(x)) => fmt::dec_auto(*x),
        (_, Data::Bool(b)) => i64::from(*b).to_string(),
        (FieldType::Date, Data::Text(d)) => fmt::date(d),
        (_, Data::Text(v)) => v.clone(),
        (_, Data::Links(ids)) => ids.join(","),
        (_, Data::Files(list)) => list.iter().map(uploads::pair).collect::<Vec<_>>().join("; "),
    }
}

/// What was typed → the value. Empty = `Null`. The message names what was read and how to write it.
pub fn parse(f: &Field, form: &FormData) -> Result<Data, FieldError> {
    let bad = |message: String| FieldError { field: f.id.clone(), message };
    if let FieldType::Links(_) = f.kind {
        let ids: Vec<String> = form.all(&f.id).map(str::to_owned).collect();
        return Ok(if ids.is_empty() { Data::Null } else { Data::Links(ids) });
    }
    if let FieldType::Link(_) = f.kind {
        // the last one: what was ticked anew stands after what was chosen before
        return Ok(form.all(&f.id).last().map_or(Data::Null, |v| Data::Text(v.to_owned())));
    }
    if f.kind.is_file() {
        return Ok(uploads::kept(f, form));
    }
    let Some(v) = form.filled(&f.id) else {
        return Ok(Data::Null);
    };
    parse_text(&f.kind, v).map_err(bad)
}

/// One typed text → the value of this type.
pub fn parse_text(kind: &FieldType, v: &str) -> Result<Data, String> {
    Ok(match kind {
        FieldType::Integer | FieldType::Money | FieldType::Year => {
            Data::Int(text::parse_integer_vi(v).map_err(|e| e.message().to_owned())?)
        }
        FieldType::Decimal => Data::Real(text::parse_number_vi(v).map_err(|e| e.message().to_owned())?),
        FieldType::Bool => match v {
            "1" | "true" => Data::Bool(true),
            "0" | "false" => Data::Bool(false),
            _ => return Err("Chọn Có hoặc Không.".into()),
        },
        FieldType::Date => Data::Text(text::parse_date_vi(v).map_err(|e| e.message().to_owned())?),
        _ => Data::Text(v.to_owned()),
    })
}

/// All fields of a form that were sent. A masked field left empty is not sent on: it keeps its value, unless its tick takes it away.
pub fn parse_all<'a>(fields: impl IntoIterator<Item = &'a Field>, form: &FormData, masked: &[String]) -> Result<Values, Vec<FieldError>> {
    let (mut out, mut errors) = (Values::new(), vec![]);
    for f in fields {
        if masked.contains(&f.id) && form.filled(&f.id).is_none() {
            if form.has(&format!("{}__clear", f.id)) {
                out.insert(f.id.clone(), Data::Null);
            }
            continue;
        }
        if f.kind.is_file() && !uploads::asked(f, form) {
            continue;
        }
        match parse(f, form) {
            Ok(d) => {
                out.insert(f.id.clone(), d);
            }
            Err(e) => errors.push(e),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

/// What a form shows for one field: its kind of input and its present text. `chosen` = titles of linked records.
pub struct Prefill<'a> {
    /// Definitions.
    pub reg: &'a Registry,
    /// Language.
    pub lang: Lang,
    /// Today.
    pub today: &'a str,
    /// Errors of the last try.
    pub errors: &'a [FieldError],
    /// Records offered for words, by field.
    pub offers: &'a std::collections::BTreeMap<String, Vec<(String, String)>>,
}

impl Prefill<'_> {
    /// The field as an input. `value` as typed; `chosen` for links.
    pub fn field(&self, f: &Field, value: &str, words: &str, chosen: &[(String, String)], masked: bool) -> Markup {
        let lang = self.lang;
        let kind = match &f.kind {
            FieldType::LongText => InputKind::Area,
            FieldType::Integer | FieldType::Decimal | FieldType::Money | FieldType::Year => InputKind::Number,
            FieldType::Date => InputKind::Date,
            FieldType::Bool => InputKind::Select(vec![
                Choice { value: "1".into(), label: lang.t("Có", "Yes").into() },
                Choice { value: "0".into(), label: lang.t("Không", "No").into() },
            ]),
            FieldType::Choice(list) => InputKind::Select(options(self.reg, list, self.today, value, lang)),
            FieldType::Link(t) => InputKind::Link(t.clone(), chosen.first().cloned()),
            FieldType::Links(t) => InputKind::Links(t.clone(), chosen.to_vec()),
            FieldType::Phone => InputKind::Line("tel"),
            FieldType::Email => InputKind::Line("text"),
            _ => InputKind::Line("text"),
        };
        let link = matches!(kind, InputKind::Link(..) | InputKind::Links(..));
        let help = if masked {
            format!(
                "{} {}",
                lang.label(&f.help),
                lang.t("Giá trị hiện có được che; để trống nếu không đổi.", "The present value is masked; leave empty to keep it.")
            )
        } else {
            lang.label(&f.help).to_owned()
        };
        let shown = if link {
            words
        } else if masked {
            ""
        } else {
            value
        };
        let mut v = FieldView::line(&f.id, lang.label(&f.label), shown).kind(kind).help(help.trim()).errors(self.errors);
        v.required = f.required && !masked;
        v.offers = self.offers.get(&f.id).map(Vec::as_slice).unwrap_or_default();
        let input = crate::components::field(&v, lang);
        // empty means "as it is" here, so taking the value away is said by a tick
        html! {
            (input)
            @if masked && !f.required && !link {
                label.check.small { input type="checkbox" name=(format!("{}__clear", f.id)) value="1"; " " (lang.t("Xóa giá trị đang có", "Remove the present value")) " (" (lang.label(&f.label).to_lowercase()) ")" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::tests::def;

    fn form(s: &str) -> FormData {
        FormData(crate::security::form_pairs(s.as_bytes()))
    }

    #[test]
    fn typed_values_become_data_or_say_why_not() {
        let d = def();
        let v = parse_all(fields(&d), &form("name= An &born=1/2/1990&pay=1.500.000&tags=x&tags=y&agency=z"), &[]).unwrap();
        assert_eq!(v["name"], Data::Text("An".into()));
        assert_eq!(v["born"], Data::Text("1990-02-01".into()));
        assert_eq!(v["pay"], Data::Int(1_500_000));
        assert_eq!(v["tags"], Data::Links(vec!["x".into(), "y".into()]));
        assert_eq!(v["kind"], Data::Null);
        let e = parse_all(fields(&d), &form("name=An&born=31/02/1990&pay=x"), &[]).unwrap_err();
        assert_eq!(e.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["born", "pay"]);
    }

    #[test]
    fn a_masked_field_left_empty_is_kept() {
        let d = def();
        let masked = vec!["born".to_owned()];
        assert!(!parse_all(fields(&d), &form("name=An&born="), &masked).unwrap().contains_key("born"));
        assert!(parse_all(fields(&d), &form("name=An&born=1/2/1990"), &masked).unwrap().contains_key("born"));
        assert_eq!(parse_all(fields(&d), &form("name=An&born=&born__clear=1"), &masked).unwrap()["born"], Data::Null);
    }

    #[test]
    fn dated_registers_have_their_two_dates() {
        assert!(field_of(&def(), "valid_to").is_some());
        assert_eq!(label_of(&def(), "state", Lang::Vi), "Trạng thái");
    }
}
