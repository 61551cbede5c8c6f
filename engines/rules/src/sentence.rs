//! [`Node`] as a sentence that an official can approve, in Vietnamese and English.
//!
//! A condition is said as a clause about the record: "trạng thái là “Đang vận hành”", "that has a post whose …".

use crate::ast::{Cmp, When};
use crate::ctx::Ctx;
use crate::indicator::Label;
use crate::ir::{Node, P, Sub, T, Window};
use crate::schema::{Kind, Val};

#[derive(Clone, Copy)]
pub(crate) struct Say<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) english: bool,
    /// The register the whole rule is about: what `this.` means inside a sub-question.
    pub(crate) subject: &'a Label,
    /// Are we inside a sub-question?
    pub(crate) inside: bool,
}

impl<'a> Say<'a> {
    pub(crate) fn new(ctx: &'a Ctx, english: bool, subject: &'a Label) -> Self {
        Self { ctx, english, subject, inside: false }
    }
    pub(crate) fn t<'t>(&self, vi: &'t str, en: &'t str) -> &'t str {
        if self.english { en } else { vi }
    }
    /// A label inside a sentence.
    pub(crate) fn l(&self, label: &Label) -> String {
        let said = lower(label.vi_or_en(self.english));
        // a form says "Hết hạn ngày: …", a sentence "ngày hết hạn"
        match said.strip_suffix(" ngày") {
            Some(what) if !self.english => format!("ngày {what}"),
            _ => said,
        }
    }

    /// A clause; in English it begins with "that" or "whose".
    pub(crate) fn node(&self, n: &Node) -> String {
        match n {
            Node::And(list) => self.join(list, self.t(" và ", " and ")),
            Node::Or(list) => self.until(list).unwrap_or_else(|| self.join(list, self.t(" hoặc ", " or "))),
            Node::Not(e) => format!("{} ({})", self.t("không phải", "not"), self.node(e)),
            Node::Const(b) => {
                if *b { self.t("luôn đúng", "that always counts") } else { self.t("không bao giờ", "that never counts") }.to_owned()
            }
            Node::Flag(p) => self.flag(p),
            Node::Cmp(a, cmp, b) => self.cmp(a, *cmp, b),
            Node::In(p, list, not) => {
                let items = self.choices(list.iter().map(|t| self.term(t, Some(&p.kind))).collect());
                let be = if *not { self.t("không phải là", "is not") } else { self.t("là", "is") };
                self.about(&self.path(p), &format!("{be} {items}"))
            }
            Node::Empty(p, not) => self.empty(p, *not),
            Node::Within(p, w) => self.dated(p, &self.window(w)),
            Node::Exists(s, no) => self.exists(s, *no),
            Node::Count(s, cmp, n) => self.count(s, *cmp, n),
            Node::AllOf(cat, ans, _) if self.english => format!("that has {} for every {}", a(&self.sub(ans)), self.sub(cat)),
            Node::AllOf(cat, ans, _) => format!("mọi {} đều có {}", self.sub(cat), self.sub(ans)),
        }
    }

    fn join(&self, list: &[Node], word: &str) -> String {
        let mixed = |n: &Node| matches!(n, Node::And(_)) || matches!(n, Node::Or(l) if self.until(l).is_none());
        list.iter().map(|n| if mixed(n) { format!("({})", self.node(n)) } else { self.node(n) }).collect::<Vec<_>>().join(word)
    }

    /// "X là A", "whose X is A".
    fn about(&self, subject: &str, rest: &str) -> String {
        if self.english { format!("whose {subject} {rest}") } else { format!("{subject} {rest}") }
    }

    /// `x is empty or x on or after y`: an end that has not come.
    pub(crate) fn until(&self, list: &[Node]) -> Option<String> {
        let [Node::Empty(p, false), Node::Cmp(T::Path(q), Cmp::Ge, y)] = list else { return None };
        if p != q || p.kind != Kind::Date {
            return None;
        }
        let (path, y) = (format!("“{}”", self.path(p)), self.term(y, None));
        Some(self.about(&path, &format!("{} {y}", self.t("để trống hoặc chưa qua", "is empty or not before"))))
    }

    fn flag(&self, p: &P) -> String {
        let last = p.labels.last().map(|l| self.l(p.said.as_ref().unwrap_or(l))).unwrap_or_default();
        let is = if self.english && p.said.is_none() && !last.starts_with("is ") { "is " } else { "" };
        match self.holder(p) {
            Some(holder) => self.about(&holder, &format!("{is}{last}")),
            None if self.english => format!("that {is}{last}"),
            None => last,
        }
    }

    fn cmp(&self, left: &T, cmp: Cmp, right: &T) -> String {
        let T::Path(p) = left else { return String::new() };
        if !matches!(p.kind, Kind::Date | Kind::Instant) {
            return self.about(&self.path(p), &format!("{} {}", self.word(cmp), self.term(right, Some(&p.kind))));
        }
        let y = self.term(right, None);
        let other = matches!(right, T::Path(_));
        let rest = match cmp {
            Cmp::Eq => format!("{} {y}", self.t("đúng", "on")),
            Cmp::Ne => format!("{} {y}", self.t("khác", "not on")),
            Cmp::Lt => format!("{} {y}", self.t("trước", "before")),
            Cmp::Gt => format!("{} {y}", self.t("sau", "after")),
            Cmp::Le => format!("{} {y}", self.t(if other { "không muộn hơn" } else { "chậm nhất" }, "no later than")),
            Cmp::Ge if other || self.english => format!("{} {y}", self.t("không sớm hơn", "no earlier than")),
            Cmp::Ge => format!("từ {y} trở đi"),
        };
        self.dated(p, &rest)
    }

    /// A date field as a predicate: "được xác nhận trong …", "ngày cấp chậm nhất …".
    fn dated(&self, p: &P, rest: &str) -> String {
        let Some(said) = &p.said else {
            return self.about(&self.path(p), &if self.english { format!("is {rest}") } else { rest.to_owned() });
        };
        let said = self.l(said);
        match self.holder(p) {
            Some(holder) => self.about(&holder, &format!("{said} {rest}")),
            None if self.english => format!("that {said} {rest}"),
            None => format!("{said} {rest}"),
        }
    }

    fn empty(&self, p: &P, not: bool) -> String {
        let path = self.path(p);
        match (self.english, not) {
            (true, true) => format!("that has {}", a(&path)),
            (true, false) => format!("that has no {path}"),
            (false, true) => format!("đã có {path}"),
            (false, false) => format!("chưa có {path}"),
        }
    }

    fn exists(&self, s: &Sub, no: bool) -> String {
        let sub = self.sub(s);
        // the other record lists this one: "là người quản trị của hệ thống …"
        if let Some(l) = s.link.as_ref().filter(|l| l.many && !l.forward) {
            let role = self.l(&l.label);
            return match (self.english, no) {
                (true, _) => format!("that is {}among the {role} of {}", if no { "not " } else { "" }, a(&sub)),
                (false, _) => format!("{} {role} của {sub}", if no { "không là" } else { "là" }),
            };
        }
        match (self.english, no) {
            (true, false) => format!("that has {}", a(&sub)),
            (true, true) => format!("that has no {sub}"),
            (false, false) => format!("có {sub}"),
            (false, true) => format!("không có {sub}"),
        }
    }

    fn count(&self, s: &Sub, cmp: Cmp, n: &T) -> String {
        let (sub, n) = (self.sub(s), self.term(n, None));
        if self.english {
            let much = match cmp {
                Cmp::Eq => "exactly",
                Cmp::Ne => "other than",
                Cmp::Lt => "fewer than",
                Cmp::Le => "at most",
                Cmp::Gt => "more than",
                Cmp::Ge => "at least",
            };
            return format!("that has {much} {n} {sub}");
        }
        match cmp {
            Cmp::Ge if n == "1" => format!("có {sub}"),
            Cmp::Ge => format!("có ít nhất {n} {sub}"),
            Cmp::Gt => format!("có hơn {n} {sub}"),
            Cmp::Le => format!("có không quá {n} {sub}"),
            Cmp::Lt => format!("có ít hơn {n} {sub}"),
            Cmp::Eq => format!("có đúng {n} {sub}"),
            Cmp::Ne => format!("có số {sub} khác {n}"),
        }
    }

    /// "đầu mối an ninh mạng mà …".
    pub(crate) fn sub(&self, s: &Sub) -> String {
        let within = Say { inside: true, ..*self };
        let mut out = self.l(&s.label);
        if let Some(p) = s.link.as_ref().and_then(|l| l.of.as_ref()) {
            out.push_str(&format!(" {} {}", self.t("của", "of the"), self.path(p)));
        }
        match s.when {
            When::AsOf => {}
            When::DuringPeriod => out.push_str(self.t(" trong kỳ", " during the period")),
            When::Ever => out.push_str(self.t(" (kể cả đã hết hiệu lực)", " (past ones too)")),
        }
        if let Some(c) = &s.cond {
            out.push_str(&format!("{}{}", self.t(" mà ", " "), within.node(c)));
        }
        out
    }

    pub(crate) fn window(&self, w: &Window) -> String {
        let (from, to) = self.ctx.window(w).unwrap_or_default();
        match w {
            Window::Period => format!("{} {} {} {}", self.t("từ", "from"), text::date_vi(&from), self.t("đến", "to"), text::date_vi(&to)),
            Window::Days(n) if self.english => format!("within the last {} days", self.term(n, None)),
            Window::Months(n) if self.english => format!("within the last {} months", self.term(n, None)),
            Window::Days(n) => format!("trong {} ngày gần nhất", self.term(n, None)),
            Window::Months(n) => format!("trong {} tháng gần nhất", self.term(n, None)),
        }
    }

    /// A value; `kind` = what it is compared with.
    pub(crate) fn term(&self, t: &T, kind: Option<&Kind>) -> String {
        let day = |d: &str| format!("{}{}", self.t("ngày ", ""), text::date_vi(d));
        match t {
            T::Path(p) => self.path(p),
            T::Literal(_, said) if matches!(kind, Some(Kind::Choice(_))) => format!("“{}”", said.vi_or_en(self.english)),
            T::Literal(_, said) => said.vi_or_en(self.english).to_owned(),
            T::Setting(_) => match (self.ctx.value(t), kind) {
                (Val::Text(v), Some(Kind::Choice(options))) => {
                    let label = options.iter().find(|o| o.0 == v).map(|o| o.1.vi_or_en(self.english).to_owned());
                    format!("“{}”", label.unwrap_or(v))
                }
                (Val::Int(n), _) => text::number_vi(n),
                (Val::Real(x), _) => text::decimal_vi(x, 1),
                (Val::Text(s), _) => s,
                _ => "?".into(),
            },
            T::AsOf => day(&self.ctx.as_of),
            T::PeriodStart => day(&self.ctx.period_start),
            T::PeriodEnd => day(&self.ctx.period_end),
            T::Year => self.ctx.period_end.get(..4).unwrap_or_default().to_owned(),
        }
    }

    /// "A", "A hoặc B", "A, B hoặc C".
    pub(crate) fn choices(&self, mut items: Vec<String>) -> String {
        let last = items.pop().unwrap_or_default();
        if items.is_empty() { last } else { format!("{} {} {last}", items.join(", "), self.t("hoặc", "or")) }
    }

    /// `cơ quan → loại` as "loại của cơ quan".
    pub(crate) fn path(&self, p: &P) -> String {
        if p.labels.is_empty() {
            return self.t("chính bản ghi", "the record itself").into();
        }
        self.chain(p, &p.labels)
    }

    /// The record whose field a path ends in; `None` = the record talked about.
    fn holder(&self, p: &P) -> Option<String> {
        let links = &p.labels[..p.labels.len().saturating_sub(1)];
        (!links.is_empty() || self.inside && p.outer).then(|| self.chain(p, links))
    }

    fn chain(&self, p: &P, labels: &[Label]) -> String {
        let mut words: Vec<String> = labels.iter().rev().map(|l| self.l(l)).collect();
        if self.inside && p.outer {
            words.push(self.l(self.subject));
        }
        words.join(self.t(" của ", " of the "))
    }

    fn word(&self, c: Cmp) -> &'static str {
        let (vi, en) = match c {
            Cmp::Eq => ("là", "is"),
            Cmp::Ne => ("khác", "is not"),
            Cmp::Lt => ("nhỏ hơn", "is less than"),
            Cmp::Le => ("không quá", "is at most"),
            Cmp::Gt => ("lớn hơn", "is more than"),
            Cmp::Ge => ("ít nhất", "is at least"),
        };
        if self.english { en } else { vi }
    }
}

/// With the English article.
fn a(noun: &str) -> String {
    let an = noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {noun}", if an { "an" } else { "a" })
}

/// First letter small unless the word is an abbreviation.
pub(crate) fn lower(s: &str) -> String {
    let mut chars = s.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(a), Some(b)) if b.is_uppercase() => format!("{a}{}", chars.as_str()),
        (Some(a), _) => a.to_lowercase().chain(chars).collect(),
        _ => String::new(),
    }
}
