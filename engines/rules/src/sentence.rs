//! [`Node`] as a Vietnamese sentence that an official can approve.

use crate::ast::{Cmp, When};
use crate::ctx::Ctx;
use crate::ir::{Node, P, Sub, T, Window};
use crate::schema::{Kind, Val};

pub(crate) struct Say<'a> {
    pub(crate) ctx: &'a Ctx,
    /// Setting → label.
    pub(crate) settings: &'a std::collections::BTreeMap<String, String>,
}

impl Say<'_> {
    pub(crate) fn node(&self, n: &Node) -> String {
        match n {
            Node::And(list) => self.join(list, " và "),
            Node::Or(list) => self.join(list, " hoặc "),
            Node::Not(e) => format!("không phải ({})", self.node(e)),
            Node::Const(b) => if *b { "luôn đúng" } else { "không bao giờ" }.to_owned(),
            Node::Flag(p) => format!("{}: có", path(p)),
            Node::Cmp(a, cmp, b) => self.cmp(a, *cmp, b),
            Node::In(p, list, not) => {
                let items: Vec<String> = list.iter().map(|t| self.term(t)).collect();
                format!("{} {}thuộc: {}", path(p), if *not { "không " } else { "" }, items.join(", "))
            }
            Node::Empty(p, not) => format!("{} {}", if *not { "đã có" } else { "chưa có" }, path(p)),
            Node::Within(p, w) => format!("{} {}", path(p), self.window(w)),
            Node::Exists(s, no) => format!("{} {}", if *no { "không có" } else { "có ít nhất một" }, self.sub(s)),
            Node::Count(s, cmp, n) => format!("số {} {} {}", self.sub(s), word(*cmp), self.term(n)),
            Node::AllOf(cat, ans, _) => format!("với mọi mục của {} đều có {}", self.sub(cat), self.sub(ans)),
        }
    }

    fn join(&self, list: &[Node], word: &str) -> String {
        let mixed = |n: &Node| matches!(n, Node::And(_) | Node::Or(_));
        list.iter().map(|n| if mixed(n) { format!("({})", self.node(n)) } else { self.node(n) }).collect::<Vec<_>>().join(word)
    }

    fn cmp(&self, a: &T, cmp: Cmp, b: &T) -> String {
        let date = matches!(a, T::Path(P { kind: Kind::Date, .. }));
        let left = self.term(a);
        let right = self.term(b);
        match (date, cmp) {
            (_, Cmp::Eq) => format!("{left} là {right}"),
            (_, Cmp::Ne) => format!("{left} khác {right}"),
            (true, Cmp::Lt) => format!("{left} trước {right}"),
            (true, Cmp::Gt) => format!("{left} sau {right}"),
            (true, Cmp::Le) => format!("{left} không muộn hơn {right}"),
            (true, Cmp::Ge) => format!("{left} không sớm hơn {right}"),
            _ => format!("{left} {} {right}", word(cmp)),
        }
    }

    pub(crate) fn sub(&self, s: &Sub) -> String {
        let mut out = lower(&s.label);
        if let Some(p) = s.link.as_ref().and_then(|l| l.of.as_ref()) {
            out.push_str(&format!(" của {}", path(p)));
        }
        match s.when {
            When::AsOf => {}
            When::DuringPeriod => out.push_str(" trong kỳ"),
            When::Ever => out.push_str(" (kể cả đã hết hiệu lực)"),
        }
        if let Some(c) = &s.cond {
            out.push_str(&format!(" mà {}", self.node(c)));
        }
        out
    }

    fn window(&self, w: &Window) -> String {
        let (from, to) = self.ctx.window(w).unwrap_or_default();
        match w {
            Window::Period => format!("từ {} đến {}", text::date_vi(&from), text::date_vi(&to)),
            Window::Days(n) => format!("trong {} ngày gần nhất", self.bare(n)),
            Window::Months(n) => format!("trong {} tháng gần nhất", self.bare(n)),
        }
    }

    /// A number inside a phrase: without the label of its setting.
    fn bare(&self, t: &T) -> String {
        match (t, self.ctx.value(t)) {
            (T::Setting(_), Val::Int(n)) => text::number_vi(n),
            _ => self.term(t),
        }
    }

    fn term(&self, t: &T) -> String {
        match t {
            T::Path(p) => path(p),
            T::Literal(_, said) => said.clone(),
            T::Setting(s) => {
                let value = match self.ctx.value(t) {
                    Val::Int(n) => text::number_vi(n),
                    Val::Real(x) => text::decimal_vi(x, 1),
                    Val::Text(s) => s,
                    _ => "?".into(),
                };
                match self.settings.get(s) {
                    Some(label) => format!("{value} ({})", lower(label)),
                    None => value,
                }
            }
            T::AsOf => format!("ngày {}", text::date_vi(&self.ctx.as_of)),
            T::PeriodStart => format!("ngày {}", text::date_vi(&self.ctx.period_start)),
            T::PeriodEnd => format!("ngày {}", text::date_vi(&self.ctx.period_end)),
            T::Year => format!("năm {}", self.ctx.period_end.get(..4).unwrap_or_default()),
        }
    }
}

/// `cơ quan → loại` as "loại của cơ quan".
fn path(p: &P) -> String {
    if p.labels.is_empty() {
        return "chính bản ghi".into();
    }
    let words: Vec<String> = p.labels.iter().rev().map(|l| lower(l)).collect();
    words.join(" của ")
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

fn word(c: Cmp) -> &'static str {
    match c {
        Cmp::Eq => "bằng",
        Cmp::Ne => "khác",
        Cmp::Lt => "nhỏ hơn",
        Cmp::Le => "không quá",
        Cmp::Gt => "lớn hơn",
        Cmp::Ge => "ít nhất",
    }
}
