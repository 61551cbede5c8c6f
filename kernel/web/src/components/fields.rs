//! Form fields: label, help, error, and the value as it was typed.

use maud::{Markup, html};
use store::FieldError;

use crate::english;
use crate::i18n::Lang;

/// One option of a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Stored value.
    pub value: String,
    /// Text.
    pub label: String,
}

/// How a value is put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// One line; `type=` attribute (`text`, `email`, `tel`, `url`, `password`).
    Line(&'static str),
    /// Several lines.
    Area,
    /// Number as text with a numeric keyboard: Vietnamese separators are accepted.
    Number,
    /// dd/MM/yyyy as text: the browser's own date box shows the order of its own language.
    Date,
    /// One of few.
    Select(Vec<Choice>),
    /// Several of few, as check boxes.
    Checks(Vec<Choice>),
    /// One of many records: words, then a choice. Register id and the chosen (id, title).
    Link(String, Option<(String, String)>),
    /// Several of many records.
    Links(String, Vec<(String, String)>),
    /// A file.
    File,
    /// Files of a record: those it has or that wait as ticks (name, value, text), and whether several may be added.
    Files(Vec<(String, String, String)>, bool),
}

/// All that one field shows.
#[derive(Debug, Clone)]
pub struct FieldView<'a> {
    /// Name of the input and stem of its ids.
    pub name: &'a str,
    /// Label.
    pub label: &'a str,
    /// Help under the label; may be empty.
    pub help: &'a str,
    /// How it is put in.
    pub kind: InputKind,
    /// As typed; never normalised before it is right.
    pub value: &'a str,
    /// Must be filled.
    pub required: bool,
    /// What is wrong with it.
    pub error: Option<&'a str>,
    /// `autocomplete=`.
    pub autocomplete: Option<&'a str>,
    /// Records offered for the words of a link field (without the script).
    pub offers: &'a [(String, String)],
}

impl<'a> FieldView<'a> {
    /// One line of text.
    pub fn line(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self { name, label, help: "", kind: InputKind::Line("text"), value, required: false, error: None, autocomplete: None, offers: &[] }
    }
    /// Another kind of input.
    #[must_use]
    pub fn kind(mut self, k: InputKind) -> Self {
        self.kind = k;
        self
    }
    /// Must be filled.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// With help.
    #[must_use]
    pub fn help(mut self, h: &'a str) -> Self {
        self.help = h;
        self
    }
    /// With the error of this name, if there is one in the list.
    #[must_use]
    pub fn errors(mut self, list: &'a [FieldError]) -> Self {
        self.error = list.iter().find(|e| e.field == self.name).map(|e| e.message.as_str());
        self
    }
}

/// The field. Errors are tied to the input by `aria-describedby`, and marked `aria-invalid`.
pub fn field(v: &FieldView<'_>, lang: Lang) -> Markup {
    let id = format!("f-{}", v.name);
    let mut by = vec![];
    if !v.help.is_empty() {
        by.push(format!("{id}-help"));
    }
    if v.error.is_some() {
        by.push(format!("{id}-error"));
    }
    let by = (!by.is_empty()).then(|| by.join(" "));
    let group = matches!(v.kind, InputKind::Checks(_));
    let inner = html! {
        @if !v.help.is_empty() { div.help id=(format!("{id}-help")) { (v.help) } }
        @if let Some(e) = v.error { div.error id=(format!("{id}-error")) { (english::beside(e, v.label, lang)) } }
        (input(v, &id, by.as_deref(), lang))
    };
    html! {
        @if group {
            fieldset.field.bad[v.error.is_some()] id=(id) tabindex="-1" { legend { (v.label) (optional(v, lang)) } (inner) }
        } @else {
            div.field.bad[v.error.is_some()] { label for=(id) { (v.label) (optional(v, lang)) } (inner) }
        }
    }
}

/// The rare thing is marked: fields that may stay empty.
fn optional(v: &FieldView<'_>, lang: Lang) -> Markup {
    html! { @if !v.required { span.muted.small { " (" (lang.t("không bắt buộc", "optional")) ")" } } }
}

fn input(v: &FieldView<'_>, id: &str, by: Option<&str>, lang: Lang) -> Markup {
    let invalid = v.error.is_some().then_some("true");
    let line = |kind: &str, mode: Option<&str>, hint: Option<&str>, class: &str| {
        html! { input class=(class) id=(id) name=(v.name) type=(kind) value=(v.value) inputmode=[mode] placeholder=[hint]
        autocomplete=(v.autocomplete.unwrap_or("off")) aria-describedby=[by] aria-invalid=[invalid] aria-required=[v.required.then_some("true")]; }
    };
    match &v.kind {
        InputKind::Line(kind) => line(kind, None, None, ""),
        InputKind::Number => line("text", Some("decimal"), None, "short num"),
        InputKind::Date => line("text", Some("numeric"), Some("dd/MM/yyyy"), "short"),
        InputKind::Area => html! {
            textarea id=(id) name=(v.name) rows="4" aria-describedby=[by] aria-invalid=[invalid] { (v.value) }
        },
        InputKind::Select(options) => html! {
            select id=(id) name=(v.name) aria-describedby=[by] aria-invalid=[invalid] {
                option value="" { (lang.t("Chưa chọn", "Not chosen")) }
                @for o in options { option value=(o.value) selected[o.value == v.value] { (o.label) } }
            }
        },
        InputKind::Checks(options) => html! {
            @let chosen: Vec<&str> = v.value.split(',').collect();
            @for o in options {
                label.check { input type="checkbox" name=(v.name) value=(o.value) checked[chosen.contains(&o.value.as_str())]; " " (o.label) }
            }
        },
        InputKind::Link(register, chosen) => link_picker(id, register, chosen.as_slice(), false, by, v, lang),
        InputKind::Links(register, chosen) => link_picker(id, register, chosen, true, by, v, lang),
        InputKind::File => html! {
            input id=(id) name=(v.name) type="file" aria-describedby=[by] aria-invalid=[invalid];
        },
        InputKind::Files(ticks, many) => html! {
            input type="hidden" name=(format!("{}__files", v.name)) value="1";
            @for (name, value, text) in ticks { label.check { input type="checkbox" name=(name) value=(value) checked; " " (text) } }
            @if !ticks.is_empty() { div.small.muted { @if *many { (lang.t("Bỏ dấu để gỡ tệp; chọn thêm tệp ở dưới.", "Untick to take a file away; choose more below.")) } @else { (lang.t("Bỏ dấu để gỡ tệp; tệp chọn ở dưới sẽ thay tệp này.", "Untick to take it away; a file chosen below replaces it.")) } } }
            input id=(id) name=(v.name) type="file" multiple[*many] aria-describedby=[by] aria-invalid=[invalid];
        },
    }
}

/// Chooses among many records. The chosen ones are check boxes (unticking removes); the box below takes words. Without
/// the script the words are sent with the form and come back as choices; with it `/suggest` offers them while typing.
fn link_picker(
    id: &str,
    register: &str,
    chosen: &[(String, String)],
    many: bool,
    by: Option<&str>,
    v: &FieldView<'_>,
    lang: Lang,
) -> Markup {
    let name = v.name;
    html! {
        div.picker data-register=(register) data-name=(name) data-many=[many.then_some("1")] {
            div.chosen {
                @for (cid, title) in chosen { label.check { input type="checkbox" name=(name) value=(cid) checked; " " (title) } }
                @for (cid, title) in v.offers { label.check { input type="checkbox" name=(name) value=(cid); " " (title) } }
            }
            input id=(id) name=(format!("{name}__q")) type="text" value=(v.value) autocomplete="off" role="combobox" aria-expanded="false"
                aria-autocomplete="list" aria-controls=(format!("{id}-list")) aria-describedby=[by] aria-invalid=[v.error.map(|_| "true")]
                placeholder=(lang.t("Gõ vài chữ của tên", "Type part of the name"));
            ul.options id=(format!("{id}-list")) role="listbox" hidden {}
        }
    }
}

/// At the top of a form that was refused: what is wrong, each with a link to its field.
pub fn error_summary(errors: &[FieldError], label_of: impl Fn(&str) -> String, lang: Lang) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.notice.unmet.summary role="alert" tabindex="-1" {
                strong { (lang.t("Chưa lưu được.", "Not saved.")) " " (lang.n(errors.len(), "chỗ cần sửa:", "place to mend:", "places to mend:")) }
                ul { @for e in errors { li {
                    @if e.field.is_empty() { (english::said(&e.message, lang)) } @else {
                        @let label = label_of(&e.field);
                        a href=(format!("#f-{}", e.field)) { (label) } ": " (english::beside(&e.message, &label, lang))
                    }
                } } }
            }
        }
    }
}

/// The main button and the way back.
pub fn form_actions(submit: &str, cancel: &str, lang: Lang) -> Markup {
    html! { div.row.form-actions { button.btn.main type="submit" { (submit) } a.btn href=(cancel) { (lang.t("Thôi", "Cancel")) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_tied_to_the_input_and_the_typed_value_stays() {
        let errs = vec![FieldError { field: "born".into(), message: "Ngày 31/02/2026 không có.".into() }];
        let v = FieldView::line("born", "Ngày sinh", "31/02/2026").kind(InputKind::Date).required().help("Ví dụ 22/11/2026").errors(&errs);
        let s = field(&v, Lang::Vi).into_string();
        assert!(s.contains(r#"aria-describedby="f-born-help f-born-error""#), "{s}");
        assert!(s.contains(r#"aria-invalid="true""#) && s.contains(r#"value="31/02/2026""#), "{s}");
        let sum = error_summary(&errs, |f| f.to_uppercase(), Lang::Vi).into_string();
        assert!(sum.contains(r##"href="#f-born""##) && sum.contains("BORN"), "{sum}");
    }

    #[test]
    fn typed_text_is_escaped() {
        let s = field(&FieldView::line("a", "A", "\"><script>"), Lang::Vi).into_string();
        assert!(!s.contains("<script>"), "{s}");
    }

    #[test]
    fn picker_keeps_the_chosen_without_a_script() {
        let k = InputKind::Links("agency".into(), vec![("1".into(), "Sở Y tế".into())]);
        let s = field(&FieldView::line("agencies", "Cơ quan", "").kind(k), Lang::Vi).into_string();
        assert!(s.contains(r#"name="agencies" value="1" checked"#) && s.contains(r#"name="agencies__q""#), "{s}");
    }
}
