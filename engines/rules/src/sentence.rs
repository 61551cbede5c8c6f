//! Checked rule ──▶ a sentence an official can approve, in Vietnamese and English.
use crate::ir::{AllOf, Amount, DateExpr, Op, Pred, Quant, RPath, Said, SettingRef, Term, Unit, Validity, YearOf};
use crate::schema::{Kind, Label, Lang};
use crate::value::Val;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Text, not escaped.
    pub text: String,
    /// Shown with emphasis: registers and values, the parts an official must check.
    pub strong: bool,
}

/// A sentence in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    /// Pieces in order.
    pub spans: Vec<Span>,
}

impl Sentence {
    /// Without emphasis.
    #[must_use]
    pub fn plain(&self) -> String {
        self.spans.iter().map(|s| s.text.as_str()).collect()
    }

    /// HTML with `<strong>`; everything else escaped.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        for span in &self.spans {
            let text = span.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            if span.strong {
                out.push_str(&format!("<strong>{text}</strong>"));
            } else {
                out.push_str(&text);
            }
        }
        out
    }
}

/// Writes a sentence.
pub(crate) struct Writer {
    pub lang: Lang,
    /// Scope of the record being described.
    depth: usize,
    out: Vec<Span>,
}

/// Labels begin in upper case; inside a sentence they do not, unless they are abbreviations.
fn lower(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => first.to_lowercase().chain(chars).collect(),
        _ => label.to_owned(),
    }
}

fn op_words(op: Op, date: bool, lang: Lang) -> &'static str {
    match (lang, date, op) {
        (Lang::Vi, _, Op::Eq) => "là",
        (Lang::Vi, _, Op::Ne) => "khác",
        (Lang::Vi, false, Op::Lt) => "nhỏ hơn",
        (Lang::Vi, false, Op::Le) => "không quá",
        (Lang::Vi, false, Op::Gt) => "lớn hơn",
        (Lang::Vi, false, Op::Ge) => "ít nhất là",
        (Lang::Vi, true, Op::Lt) => "trước",
        (Lang::Vi, true, Op::Le) => "không muộn hơn",
        (Lang::Vi, true, Op::Gt) => "sau",
        (Lang::Vi, true, Op::Ge) => "không sớm hơn",
        (Lang::En, _, Op::Eq) => "is",
        (Lang::En, _, Op::Ne) => "is not",
        (Lang::En, false, Op::Lt) => "is less than",
        (Lang::En, false, Op::Le) => "is at most",
        (Lang::En, false, Op::Gt) => "is more than",
        (Lang::En, false, Op::Ge) => "is at least",
        (Lang::En, true, Op::Lt) => "is before",
        (Lang::En, true, Op::Le) => "is on or before",
        (Lang::En, true, Op::Gt) => "is after",
        (Lang::En, true, Op::Ge) => "is on or after",
    }
}

impl Writer {
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang, depth: 0, out: Vec::new() }
    }

    pub(crate) fn finish(self) -> Sentence {
        Sentence { spans: self.out }
    }

    pub(crate) fn say(&mut self, vi: &str, en: &str) {
        let text = if self.lang == Lang::Vi { vi } else { en };
        match self.out.last_mut() {
            Some(last) if !last.strong => last.text.push_str(text),
            _ => self.out.push(Span { text: text.to_owned(), strong: false }),
        }
    }

    fn raw(&mut self, text: &str) {
        self.say(text, text);
    }

    pub(crate) fn strong(&mut self, text: &str) {
        self.out.push(Span { text: text.to_owned(), strong: true });
    }

    pub(crate) fn label(&mut self, label: &Label) {
        let text = lower(label.get(self.lang));
        self.raw(&text);
    }

    pub(crate) fn register(&mut self, label: &Label) {
        let text = lower(label.get(self.lang));
        self.strong(&text);
    }

    fn path(&mut self, p: &RPath) {
        let mut parts = vec![lower(p.label.get(self.lang))];
        let hops = if p.field == "id" { p.hops.split_last().map_or(&[][..], |(_, rest)| rest) } else { &p.hops[..] };
        if p.field == "id"
            && let Some(last) = p.hops.last()
        {
            parts = vec![lower(last.label.get(self.lang))];
        }
        parts.extend(hops.iter().rev().map(|h| lower(h.label.get(self.lang))));
        let text = parts.join(if self.lang == Lang::Vi { " của " } else { " of the " });
        self.raw(&text);
        if p.scope < self.depth {
            match p.scope {
                0 => self.say(" (của bản ghi đang xét)", " (of the record in question)"),
                _ => self.say(" (của bản ghi nêu trên)", " (of the record above)"),
            }
        }
    }

    fn setting(&mut self, s: &SettingRef) {
        let value = match &s.default {
            Val::Int(n) => text::number_vi(*n),
            Val::Real(x) => text::decimal_vi(*x, 2),
            Val::Text(t) => t.clone(),
            Val::List(list) => list.join(", "),
            Val::Null => String::new(),
        };
        self.strong(&value);
        let label = lower(s.label.get(self.lang));
        let text = format!(" ({}: {label})", if self.lang == Lang::Vi { "tham số" } else { "setting" });
        self.raw(&text);
    }

    fn amount(&mut self, amount: &Amount, unit: Unit) {
        match amount {
            Amount::Const(n) => self.strong(&n.to_string()),
            Amount::Setting(s) => self.setting(s),
        }
        match unit {
            Unit::Days => self.say(" ngày", " days"),
            Unit::Months => self.say(" tháng", " months"),
            Unit::Years => self.say(" năm", " years"),
        }
    }

    fn date(&mut self, day: &DateExpr) {
        match day {
            DateExpr::Fixed(d) => self.strong(&d.to_vi()),
            DateExpr::DayMonth(d, m) => {
                self.strong(&format!("{d:02}/{m:02}"));
                self.say(" của năm báo cáo", " of the reporting year");
            }
            DateExpr::AsOf => self.say("ngày chốt số liệu", "the as-of date"),
            DateExpr::PeriodStart => self.say("ngày đầu kỳ", "the first day of the period"),
            DateExpr::PeriodEnd => self.say("ngày cuối kỳ", "the last day of the period"),
            DateExpr::CutOff => self.say("ngày cuối kỳ hoặc ngày chốt số liệu", "the last day of the period or the as-of date"),
            DateExpr::Shift { base, amount, unit, back } => {
                self.date(base);
                if *back {
                    self.say(" trừ ", " minus ")
                } else {
                    self.say(" cộng ", " plus ")
                }
                self.amount(amount, *unit);
            }
            DateExpr::Reach { amount, unit } => {
                self.amount(amount, *unit);
                self.say(" trước ngày chốt số liệu", " before the as-of date");
            }
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Path(p) => self.path(p),
            Term::Int(n) => self.strong(&text::number_vi(*n)),
            Term::Money(n) => self.strong(&text::money_vi(*n)),
            Term::Real(x) => self.strong(&text::decimal_vi(*x, 2)),
            Term::Text(_, label) => self.strong(label.get(self.lang)),
            Term::Date(d) => self.date(d),
            Term::Year(YearOf::AsOf) => self.say("năm của ngày chốt số liệu", "the year of the as-of date"),
            Term::Year(YearOf::Period) => self.say("năm báo cáo", "the reporting year"),
            Term::Setting(s) => self.setting(s),
            Term::Count(q) => {
                self.say("số ", "the number of ");
                self.quant(q);
            }
        }
    }

    pub(crate) fn validity(&mut self, dated: bool, validity: Validity) {
        match validity {
            Validity::AsOf if dated => self.say(" còn hiệu lực vào ngày chốt số liệu", " valid on the as-of date"),
            Validity::DuringPeriod if dated => self.say(" có hiệu lực trong kỳ", " valid during the period"),
            _ => {}
        }
    }

    fn quant(&mut self, q: &Quant) {
        self.register(&q.label);
        self.validity(q.dated, q.validity);
        if let Some(via) = &q.via {
            self.say(" (theo ", " (by ");
            self.label(via);
            self.raw(")");
        }
        if let Some(cond) = &q.cond {
            self.say(" mà ", " where ");
            self.inside(q.depth, cond);
        }
    }

    fn inside(&mut self, depth: usize, pred: &Pred) {
        let before = std::mem::replace(&mut self.depth, depth);
        // "or" would otherwise be read as belonging to the sentence outside.
        self.wrapped(pred, matches!(pred, Pred::Or(_)));
        self.depth = before;
    }

    fn join(&mut self, list: &[Pred], vi: &str, en: &str) {
        for (i, p) in list.iter().enumerate() {
            if i > 0 {
                self.say(vi, en);
            }
            let wraps = matches!(p, Pred::And(_) | Pred::Or(_)) || (list.len() > 1 && i + 1 < list.len() && has_tail(p));
            self.wrapped(p, wraps);
        }
    }

    fn wrapped(&mut self, p: &Pred, wraps: bool) {
        if wraps {
            self.raw("(");
        }
        self.pred(p);
        if wraps {
            self.raw(")");
        }
    }

    pub(crate) fn pred(&mut self, pred: &Pred) {
        match pred {
            Pred::Const(true) => self.say("luôn đúng", "always"),
            Pred::Const(false) => self.say("không bao giờ", "never"),
            Pred::And(list) => self.join(list, " và ", " and "),
            Pred::Or(list) => self.join(list, " hoặc ", " or "),
            Pred::Not(p) => self.not(p),
            Pred::Flag(p) => self.flag(p, true),
            Pred::Cmp { left, op, right } => self.compare(left, *op, right),
            Pred::Range { path, said, .. } => self.range(path, said),
            Pred::MonthsOf { path, months, years } => {
                self.path(path);
                self.say(" còn trong thời hạn ghi ở ", " is still within the time given by ");
                self.path(months);
                if *years { self.say(" (năm)", " (years)") } else { self.say(" (tháng)", " (months)") }
            }
            Pred::In { path, not, items } => {
                self.path(path);
                if *not {
                    self.say(" không thuộc (", " is not one of (")
                } else {
                    self.say(" thuộc (", " is one of (")
                }
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.raw(", ");
                    }
                    self.term(item);
                }
                self.raw(")");
            }
            Pred::Empty { path, not } => {
                if *not {
                    self.say("đã có ", "there is ")
                } else {
                    self.say("chưa có ", "there is no ")
                }
                self.path(path);
            }
            Pred::Active(p) => {
                self.path(p);
                self.say(" còn hiệu lực", " is valid");
            }
            Pred::Exists(q) => {
                self.say("có ít nhất một ", "there is at least one ");
                self.quant(q);
            }
            Pred::None(q) => {
                self.say("không có ", "there is no ");
                self.quant(q);
            }
            Pred::AllOf(all) => self.all_of(all),
        }
    }

    fn not(&mut self, p: &Pred) {
        if let Pred::Flag(path) = p {
            return self.flag(path, false);
        }
        self.say("không phải (", "not (");
        self.pred(p);
        self.raw(")");
    }

    fn flag(&mut self, p: &RPath, yes: bool) {
        self.raw("“");
        self.path(p);
        self.raw("” ");
        match (self.lang, yes) {
            (Lang::Vi, true) => self.strong("đúng"),
            (Lang::Vi, false) => self.strong("không đúng"),
            (Lang::En, true) => self.strong("is true"),
            (Lang::En, false) => self.strong("is false"),
        }
    }

    fn compare(&mut self, left: &Term, op: Op, right: &Term) {
        let date = |t: &Term| match t {
            Term::Path(p) => matches!(p.kind, Kind::Date | Kind::Instant),
            Term::Date(_) => true,
            _ => false,
        };
        if let (Term::Count(q), Op::Ge) = (left, op) {
            self.say("có ít nhất ", "there are at least ");
            self.term(right);
            self.raw(" ");
            return self.quant(q);
        }
        self.term(left);
        let words = match (op, right, self.lang) {
            (Op::Eq, Term::Text(..), _) => op_words(op, false, self.lang),
            (Op::Eq, _, Lang::Vi) => "bằng",
            (Op::Eq, _, Lang::En) => "equals",
            _ => op_words(op, date(left) || date(right), self.lang),
        };
        self.raw(&format!(" {words} "));
        self.term(right);
    }

    fn range(&mut self, path: &RPath, said: &Said) {
        self.path(path);
        match said {
            Said::Period => self.say(" trong kỳ", " within the period"),
            Said::Last(amount, unit) => {
                self.say(" trong vòng ", " within ");
                self.amount(amount, *unit);
                self.say(" tính đến ngày chốt số liệu", " before the as-of date");
            }
            Said::Next(amount, unit) => {
                self.say(" trong ", " within ");
                self.amount(amount, *unit);
                self.say(" tới kể từ ngày chốt số liệu", " after the as-of date");
            }
            Said::Cmp(op, day) => {
                let words = op_words(*op, true, self.lang);
                self.raw(&format!(" {words} "));
                self.date(day);
            }
        }
    }

    fn all_of(&mut self, all: &AllOf) {
        self.say("với mọi ", "for every ");
        self.register(&all.catalogue_label);
        self.validity(all.catalogue_dated, Validity::AsOf);
        if let Some(demand) = &all.demand {
            self.say(" mà ", " where ");
            self.inside(all.scope + 1, demand);
        }
        self.say(", đều có ", ", there is ");
        self.register(&all.answer_label);
        self.validity(all.answer_dated, all.validity);
        if let Some(cond) = &all.cond {
            self.say(" mà ", " where ");
            self.inside(all.scope + 2, cond);
        }
        self.say(" (không xác định được yêu cầu nào thì coi là chưa có dữ liệu)", " (where nothing is demanded, there is no data)");
    }
}

/// Would an "and" after this be read as part of it?
fn has_tail(p: &Pred) -> bool {
    match p {
        Pred::Exists(q) | Pred::None(q) => q.cond.is_some(),
        Pred::AllOf(_) => true,
        Pred::Cmp { left: Term::Count(q), .. } => q.cond.is_some(),
        _ => false,
    }
}
