//! Handing an obligation in: what was done, files and the step to the head of the agency, in one form. What was given before as
//! evidence or result is shown and used; nothing is typed twice.

use ::store::{Error, FieldError, Result, Tx};
use access::Verb;
use registers::actions::{self, Values};
use registers::{Data, Record, Registry};
use web::axum::extract::Path;
use web::components::{FieldView, InputKind, error_summary, field, notice};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::uploads::{self, Posted};
use web::{Ctx, Lang, PageResult, Tone, redirect_with};

use super::obligation::{Typed, evidence_label, file_field, prove, render};

/// What counts as the result when nothing new is written: the record's own, else what the evidence says.
pub(super) fn said_already(o: &Record, evidence: &[Record]) -> Option<String> {
    if let Some(r) = o.text("result_note").filter(|r| !r.trim().is_empty()) {
        return Some(r.to_owned());
    }
    let notes: Vec<&str> = evidence.iter().filter_map(|e| e.text("note")).filter(|n| !n.trim().is_empty()).collect();
    (!notes.is_empty()).then(|| notes.join("\n"))
}

/// What the form needs besides the obligation.
pub(super) struct Form<'a> {
    /// Evidence given so far.
    pub evidence: &'a [Record],
    /// The product that must be proven and is not yet.
    pub missing: Option<&'a str>,
    /// May the reader hand it in from here, or only add evidence?
    pub may_submit: bool,
}

/// The form.
pub(super) fn form(ctx: &Ctx, o: &Record, f: &Form<'_>, sent: &Typed<'_>) -> Markup {
    let lang = ctx.lang();
    let today = web::fmt::date(&ctx.today);
    let mut errors = sent.errors("hand-in").to_vec();
    errors.extend(sent.errors("evidence").iter().cloned());
    // the step alone, sent by an older page or a program: its words are the note
    errors.extend(sent.errors("submit").iter().map(|e| FieldError { field: "note".into(), message: e.message.clone() }));
    let typed = |name: &str, usual: &str| {
        let older = sent.value("submit", &format!("submit.{name}"), usual);
        let note = if name == "note" { sent.value("submit", "submit.result_note", older) } else { older };
        sent.value("hand-in", name, sent.value("evidence", name, note)).to_owned()
    };
    let known = said_already(o, f.evidence);
    let help = match (&known, f.may_submit) {
        (Some(_), true) => lang.t(
            "Đã có minh chứng ở trên: để trống nếu đủ, hoặc ghi thêm.",
            "There is evidence above: leave empty if it is enough, or add to it.",
        ),
        _ => "",
    };
    let note = typed("note", "");
    let day = typed("happened_on", &today);
    let mut words = FieldView::line("note", lang.t("Đã làm gì", "What was done"), &note).kind(InputKind::Area).help(help).errors(&errors);
    words.required = known.is_none();
    html! {
        (error_summary(&errors, |n| evidence_label(ctx, n), lang))
        @if let Some(product) = f.missing.filter(|_| f.may_submit) { (notice(Tone::Soon, html! { (prove(product, lang)) })) }
        form method="post" enctype="multipart/form-data" action=(format!("/plans/obligation/{}/hand-in", o.id)) {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(o.version);
            input type="hidden" name="once" value=(web::forms::once(ctx, Some(sent.form)));
            (field(&words, lang))
            (field(&FieldView::line("happened_on", lang.t("Ngày", "Date"), &day).kind(InputKind::Date).errors(&errors), lang))
            @if let Some(x) = file_field(ctx) { (uploads::input(ctx, x, sent.form, &errors, false)) }
            @if f.may_submit { p.muted { (lang.t("Người đứng đầu cơ quan bạn sẽ thấy việc này và duyệt.", "The head of your agency will see it and approve.")) } }
            div.row.form-actions {
                @if f.may_submit { button.btn.main type="submit" name="then" value="submit" { (lang.t("Nộp: trình duyệt", "Hand in for approval")) } }
                button.btn.main[!f.may_submit] type="submit" name="then" value="keep" { (if f.may_submit { lang.t("Chỉ lưu minh chứng, nộp sau", "Only keep the evidence, hand in later") } else { lang.t("Thêm minh chứng", "Add evidence") }) }
                a.btn href="/plans/board" { (lang.t("Thôi", "Cancel")) }
            }
        }
    }
}

/// Evidence and hand-in in one transaction: both or neither.
pub async fn hand_in(ctx: Ctx, Path(id): Path<String>, posted: Posted) -> PageResult {
    let (form, mut errors) = posted.settle(&ctx).await?;
    let submit = form.text("then") == "submit";
    let mut values = Values::new();
    if let Err(lost) = uploads::attach(&ctx, file_field(&ctx), &form, &mut values) {
        errors.extend(lost);
    }
    let day = form.filled("happened_on").map_or_else(|| Ok(ctx.today.clone()), text::parse_date_vi);
    match day {
        Ok(d) => drop(values.insert("happened_on".into(), Data::Text(d))),
        Err(e) => errors.push(FieldError { field: "happened_on".into(), message: e.message().to_owned() }),
    }
    if errors.is_empty() {
        let note = form.filled("note").map(str::to_owned);
        let (version, lang) = (form.version()?, ctx.lang());
        let once = form.filled("once").map(str::to_owned);
        let given = Given { note, values, submit, version, lang, once };
        let wanted = id.clone();
        match ctx.write(move |tx, who| save(tx, &who.reg, who, &wanted, given)).await {
            Ok(()) => {
                uploads::forget(&ctx, &form);
                let said = if submit {
                    ctx.t("Đã nộp, chờ duyệt.", "Handed in, waiting for approval.")
                } else {
                    ctx.t("Đã thêm minh chứng.", "Evidence added.")
                };
                return redirect_with(&ctx, &format!("/plans/obligation/{id}"), "met", said);
            }
            Err(Error::Invalid(list)) => errors = list,
            Err(e) => return Err(e.into()),
        }
    }
    render(&ctx, id, &Typed { of: "hand-in", form: &form, errors: &errors }).await
}

/// What was sent.
struct Given {
    note: Option<String>,
    /// Day and files.
    values: Values,
    submit: bool,
    version: i64,
    lang: Lang,
    /// Key of this form: sent twice, it adds one evidence.
    once: Option<String>,
}

/// Handed in already, pressed twice or sent again: by whom and when.
pub(super) fn already(tx: &mut Tx, who: &web::Who, o: &Record) -> Result<()> {
    if o.state.as_deref() != Some("waiting_approval") {
        return Ok(());
    }
    let past = actions::history(tx, &who.reg, &who.may(Verb::Read, "obligation")?, &o.id)?;
    let Some(last) = past.iter().find(|h| h.action == "transition:submit") else { return Ok(()) };
    let when = calendar::instant::to_vi(last.at);
    let (day, hour) = when.split_once(' ').unwrap_or((&when, ""));
    Err(Error::Conflict(if last.who == who.actor.id {
        format!("Bạn đã nộp việc này lúc {hour} ngày {day}; việc đang chờ duyệt, không cần nộp lại.")
    } else {
        format!("Một người cùng cơ quan đã nộp việc này lúc {hour} ngày {day}; việc đang chờ duyệt, không cần nộp lại.")
    }))
}

fn save(tx: &mut Tx, reg: &Registry, who: &web::Who, id: &str, g: Given) -> Result<()> {
    let o = actions::get(tx, reg, &who.may(Verb::Read, "obligation")?, id)?;
    if g.submit {
        already(tx, who, &o)?;
    }
    let before = crate::expand::linked(tx, reg, &who.actor, "evidence", "obligation", id)?;
    let files: Vec<String> = match g.values.get("file") {
        Some(Data::Files(list)) => list.iter().map(|f| f.name().to_owned()).collect(),
        _ => vec![],
    };
    let new = g.note.is_some() || !files.is_empty();
    // a file whose content is its name is words enough for itself
    let note = g.note.clone().unwrap_or_else(|| files.join(", "));
    if !new && !g.submit {
        return Err(Error::invalid("note", "Ghi đã làm gì, hoặc đính kèm tệp."));
    }
    let known = said_already(&o, &before);
    let result = match (&g.note, known) {
        (Some(n), _) => n.clone(),
        (None, Some(k)) => k,
        (None, None) if new => note.clone(),
        (None, None) => return Err(Error::invalid("note", "Ghi đã làm gì, hoặc đính kèm tệp minh chứng, rồi nộp.")),
    };
    if new {
        let mut values = g.values;
        values.insert("kind".into(), Data::Text(if files.is_empty() { "note" } else { "file" }.into()));
        values.insert("note".into(), Data::Text(note));
        values.insert("obligation".into(), Data::Text(id.to_owned()));
        values.insert("agency".into(), Data::Text(o.text("agency").unwrap_or_default().to_owned()));
        actions::create(tx, reg, &who.actor, "evidence", values, g.once.as_deref())?;
    }
    if g.submit {
        let task = o.text("task").map(|t| actions::get(tx, reg, &who.may(Verb::Read, "task")?, t)).transpose()?;
        if let Some(product) = task.as_ref().and_then(|t| t.text("product")).filter(|_| before.is_empty() && !new) {
            return Err(Error::invalid("note", prove(product, g.lang)));
        }
        let values = Values::from([("result_note".to_owned(), Data::Text(result))]);
        actions::transition(tx, reg, &who.actor, "obligation", id, g.version, "submit", values, None)?;
    } else if o.state.as_deref() == Some("not_started") && who.may(Verb::Transition, "obligation").is_ok() {
        actions::transition(tx, reg, &who.actor, "obligation", id, o.version, "start", Values::new(), None)?;
    }
    Ok(())
}
