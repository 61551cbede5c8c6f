//! Distribution list ("Nơi nhận").

use crate::fold::Folded;
use crate::lines::{Marker, Para};
use crate::plan::Recipient;

/// Reads the lines behind "Nơi nhận:".
pub fn read(paras: &[Para]) -> Vec<Recipient> {
    let mut out: Vec<Recipient> = Vec::new();
    for (at, para) in paras.iter().enumerate() {
        let text = if at == 0 && para.key.starts_with("noi nhan") {
            para.text.split_once(':').map_or("", |(_, rest)| rest).trim()
        } else {
            para.text.as_str()
        };
        let bullet = para.marker != Marker::None;
        let parts: Vec<&str> = if at == 0 { text.split("; ").collect() } else { vec![text] };
        for part in parts {
            let part = part.trim().trim_start_matches(['-', '+', '–', ' ']);
            if part.is_empty() || part.trim_matches(['_', '.', ' ', '-']).is_empty() {
                continue;
            }
            let recipient = one(part);
            match out.last_mut() {
                // A name that runs on to a second line.
                Some(last) if !bullet && at > 0 && paras[at - 1].marker != Marker::None && !paras[at - 1].text.ends_with([';', '.']) => {
                    last.name.push(' ');
                    last.name.push_str(&recipient.name);
                    last.mark = last.mark.take().or(recipient.mark);
                }
                _ => out.push(recipient),
            }
        }
    }
    out
}

fn one(text: &str) -> Recipient {
    let text = text.trim().trim_end_matches([';', '.', ',', ' ']);
    let folded = Folded::new(text);
    if let Some(open) = folded.key.rfind('(')
        && folded.key.ends_with(')')
        && let Some(mark) = mark(&folded.key[open + 1..folded.key.len() - 1])
    {
        let name = folded.slice(0, open).trim().trim_end_matches([',', ';']).to_owned();
        return Recipient { name, mark: Some(mark.to_owned()) };
    }
    Recipient { name: text.to_owned(), mark: None }
}

/// `b/c`, `để b/c`, `để báo cáo` → `b/c`, and so on.
fn mark(inner: &str) -> Option<&'static str> {
    let inner = inner.trim().trim_start_matches("de ").trim();
    Some(match inner {
        "b/c" | "bc" | "bao cao" => "b/c",
        "t/h" | "th" | "thuc hien" => "t/h",
        "d/b" | "biet" | "db" => "đ/b",
        "p/h" | "ph" | "phoi hop" => "p/h",
        _ if inner.starts_with("b/c") => "b/c",
        _ if inner.starts_with("t/h") || inner.starts_with("thuc hien") => "t/h",
        _ if inner.starts_with("p/h") => "p/h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_recognised_and_other_brackets_stay() {
        let shown = |t: &str| {
            let r = one(t);
            format!("{}|{}", r.name, r.mark.unwrap_or_default())
        };
        assert_eq!(shown("Thường trực Tỉnh ủy (để b/c);"), "Thường trực Tỉnh ủy|b/c");
        assert_eq!(shown("Các sở, ban ngành (t/h);"), "Các sở, ban ngành|t/h");
        assert_eq!(shown("Chủ tịch (đ/b);"), "Chủ tịch|đ/b");
        assert_eq!(shown("Lưu: VTUB, NC (TP, Vinh)."), "Lưu: VTUB, NC (TP, Vinh)|");
    }
}
