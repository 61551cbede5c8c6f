//! From what a door hands in (form text, JSON, a cell) to a stored value of the field's type.

use std::net::IpAddr;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::definition::FieldType;
use crate::model::{Bound, FieldModel};
use crate::record::Data;

/// Longest one-line text, in characters.
pub const LINE: usize = 500;
/// Longest text of several lines.
pub const LONG: usize = 20_000;

/// NFC, trimmed; control characters become spaces, in one-line texts line ends too.
pub(crate) fn neat(s: &str, lines: bool) -> String {
    let nfc = if is_nfc_quick(s.chars()) == IsNormalized::Yes { s.to_owned() } else { s.nfc().collect() };
    let nfc = if lines && nfc.contains('\r') { nfc.replace("\r\n", "\n").replace('\r', "\n") } else { nfc };
    let odd = |c: char| c.is_control() && !(lines && (c == '\n' || c == '\t'));
    let clean = if nfc.chars().any(odd) { nfc.chars().map(|c| if odd(c) { ' ' } else { c }).collect() } else { nfc };
    clean.trim().to_owned()
}

/// The value in its stored form. The error says what is wrong and how to mend it.
pub(crate) fn accept(f: &FieldModel, v: Data, today: &str) -> Result<Data, String> {
    use FieldType as T;
    let v = match v {
        Data::Text(s) if s.trim().is_empty() => Data::Null,
        Data::Links(l) if l.is_empty() => Data::Null,
        v => v,
    };
    let Data::Null = v else {
        let v = match (&f.kind, v) {
            (T::Links(_), Data::Links(l)) => {
                let mut seen = std::collections::BTreeSet::new();
                Data::Links(l.into_iter().map(|s| s.trim().to_owned()).filter(|s| !s.is_empty() && seen.insert(s.clone())).collect())
            }
            (T::Links(_), Data::Text(s)) => Data::Links(vec![s.trim().to_owned()]),
            (T::Integer | T::Money | T::Year, v) => Data::Int(whole(v)?),
            (T::Decimal, v) => Data::Real(real(v)?),
            (T::Bool, v) => Data::Bool(yes_no(v)?),
            (T::LongText, Data::Text(s)) => Data::Text(sized(neat(&s, true), longest(f))?),
            (T::Date, Data::Text(s)) => Data::Text(date(&s)?),
            (kind, Data::Text(s)) => Data::Text(format(kind, sized(neat(&s, false), LINE)?)?),
            (T::Text, Data::Int(n)) => Data::Text(n.to_string()),
            _ => return Err("giá trị không đúng kiểu của trường.".into()),
        };
        limits(f, &v, today)?;
        return Ok(v);
    };
    Ok(if matches!(f.kind, T::Links(_)) { Data::Links(vec![]) } else { Data::Null })
}

/// Characters a long text may have: its definition's `max`, else [`LONG`].
fn longest(f: &FieldModel) -> usize {
    match f.max {
        Some(Bound::Int(n)) => usize::try_from(n).unwrap_or(LONG),
        _ => LONG,
    }
}

fn sized(s: String, most: usize) -> Result<String, String> {
    let n = if s.len() <= most { 0 } else { s.chars().count() };
    if n > most {
        Err(format!("dài {} ký tự, tối đa {}; rút gọn lại.", text::number_vi(i64::try_from(n).unwrap_or(i64::MAX)), most))
    } else {
        Ok(s)
    }
}

fn whole(v: Data) -> Result<i64, String> {
    match v {
        Data::Int(n) => Ok(n),
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within ±2^53")]
        Data::Real(x) if x.fract() == 0.0 && x.abs() < 9_007_199_254_740_992.0 => Ok(x as i64),
        Data::Text(s) => text::parse_integer_vi(&s).map_err(|e| e.to_string()),
        _ => Err("cần một số nguyên, ví dụ 1.200.".into()),
    }
}

fn real(v: Data) -> Result<f64, String> {
    let x = match v {
        Data::Real(x) => x,
        #[expect(clippy::cast_precision_loss, reason = "a decimal field holds no more than 2^53")]
        Data::Int(n) => n as f64,
        Data::Text(s) => text::parse_number_vi(&s).map_err(|e| e.to_string())?,
        _ => return Err("cần một số, ví dụ 83,1.".into()),
    };
    if x.is_finite() { Ok(x) } else { Err("cần một số hữu hạn.".into()) }
}

fn yes_no(v: Data) -> Result<bool, String> {
    match v {
        Data::Bool(b) => Ok(b),
        Data::Int(0) => Ok(false),
        Data::Int(1) => Ok(true),
        Data::Text(s) => match text::fold(&s).as_str() {
            "1" | "true" | "co" | "x" | "yes" | "on" | "dung" => Ok(true),
            "0" | "false" | "khong" | "no" | "off" | "sai" => Ok(false),
            _ => Err(format!("“{s}” không rõ nghĩa; ghi “có” hoặc “không”.")),
        },
        _ => Err("ghi “có” hoặc “không”.".into()),
    }
}

/// A real day as `YYYY-MM-DD`.
pub(crate) fn date(s: &str) -> Result<String, String> {
    let s = s.trim();
    if s.len() == 10 && s.as_bytes()[4] == b'-' && s.parse::<calendar::Date>().is_ok() && ("1900".."2200").contains(&s) {
        return Ok(s.to_owned());
    }
    text::parse_date_vi(s).map_err(|e| e.to_string())
}

fn format(kind: &FieldType, s: String) -> Result<String, String> {
    use FieldType as T;
    let ok = match kind {
        T::Phone => phone(&s),
        T::Email => email(&s),
        T::Url => url(&s),
        T::Ip => s.parse::<IpAddr>().is_ok(),
        T::Cidr => cidr(&s),
        T::Domain => domain(&s),
        T::Geo => geo(&s),
        _ => true,
    };
    let remedy = match kind {
        _ if ok => return Ok(s),
        T::Phone => "không phải số điện thoại; ghi như 0912 345 678 hoặc 0203.3835.678.",
        T::Email => "không phải địa chỉ thư; ghi như ten@coquan.gov.vn.",
        T::Url => "không phải địa chỉ trang; bắt đầu bằng https:// hoặc http://.",
        T::Ip => "không phải địa chỉ IP; ghi như 10.1.2.3 hoặc 2001:db8::1.",
        T::Cidr => "không phải dải mạng; ghi như 10.1.0.0/16.",
        T::Domain => "không phải tên miền; ghi như saomai.gov.vn.",
        T::Geo => "không phải toạ độ; ghi “vĩ độ,kinh độ”, ví dụ 21.03,105.85.",
        _ => "không hợp lệ.",
    };
    Err(format!("“{s}” {remedy}"))
}

fn phone(s: &str) -> bool {
    let digits = s.bytes().filter(u8::is_ascii_digit).count();
    (3..=20).contains(&digits)
        && s.chars().enumerate().all(|(i, c)| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '(' | ')' | '/') || i == 0 && c == '+')
}

fn email(s: &str) -> bool {
    let Some((local, host)) = s.rsplit_once('@') else { return false };
    let fine = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
    s.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && local.chars().all(fine)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && domain(host)
}

fn domain(s: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    s.len() <= 253
        && s.contains('.')
        && s.split('.').all(label)
        && !s.rsplit('.').next().is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()))
}

fn url(s: &str) -> bool {
    let rest = s.strip_prefix("https://").or_else(|| s.strip_prefix("http://"));
    rest.is_some_and(|r| {
        let host = r.split(['/', '?', '#']).next().unwrap_or("");
        !host.is_empty() && !host.contains('@') && !s.contains(char::is_whitespace) && !s.contains(['"', '<', '>'])
    })
}

fn cidr(s: &str) -> bool {
    let Some((ip, bits)) = s.split_once('/') else { return false };
    match (ip.parse::<IpAddr>(), bits.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(n)) => n <= 32,
        (Ok(IpAddr::V6(_)), Ok(n)) => n <= 128,
        _ => false,
    }
}

fn geo(s: &str) -> bool {
    let Some((a, b)) = s.split_once(',') else { return false };
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(lat), Ok(lon)) => (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon),
        _ => false,
    }
}

fn limits(f: &FieldModel, v: &Data, today: &str) -> Result<(), String> {
    if let (FieldType::Year, Data::Int(y)) = (&f.kind, v)
        && !(1900..=2200).contains(y)
    {
        return Err(format!("năm {y} không hợp lệ; ghi bốn chữ số, từ 1900 đến 2200."));
    }
    let below = |b: &Bound| match (b, v) {
        (Bound::Int(n), Data::Int(x)) => x < n,
        #[expect(clippy::cast_precision_loss, reason = "limits are small")]
        (Bound::Int(n), Data::Real(x)) => *x < *n as f64,
        (Bound::Real(n), Data::Real(x)) => x < n,
        (Bound::Date(d), Data::Text(s)) => s.as_str() < day(d, today),
        _ => false,
    };
    let above = |b: &Bound| match (b, v) {
        (Bound::Int(n), Data::Int(x)) => x > n,
        #[expect(clippy::cast_precision_loss, reason = "limits are small")]
        (Bound::Int(n), Data::Real(x)) => *x > *n as f64,
        (Bound::Real(n), Data::Real(x)) => x > n,
        (Bound::Date(d), Data::Text(s)) => s.as_str() > day(d, today),
        _ => false,
    };
    match (&f.min, &f.max) {
        (Some(b), _) if below(b) => Err(format!("nhỏ hơn mức thấp nhất {}.", said(f, b, today))),
        (_, Some(b)) if above(b) => Err(format!("vượt mức cao nhất {}.", said(f, b, today))),
        _ => Ok(()),
    }
}

fn day<'a>(d: &'a str, today: &'a str) -> &'a str {
    if d == "today" { today } else { d }
}

fn said(f: &FieldModel, b: &Bound, today: &str) -> String {
    match b {
        Bound::Int(n) if matches!(f.kind, FieldType::Year) => n.to_string(),
        Bound::Int(n) => text::number_vi(*n),
        Bound::Real(x) => x.to_string().replace('.', ","),
        Bound::Date(d) => text::date_vi(day(d, today)),
    }
}
