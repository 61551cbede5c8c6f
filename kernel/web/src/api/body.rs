//! JSON in: strict. Unknown names are refused with the nearest one, values must have the type of their field.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as B64;
use registers::actions::Values;
use registers::{Attachment, Data, Definition, FieldType};
use serde_json::{Map, Value};
use store::{Error, FieldError, Result};

use crate::api::ApiFail;
use crate::app::App;
use crate::links::unknown;
use crate::uploads;
use crate::values;

/// Greatest body: a file of 20 MB is 27 MB in base64.
pub(super) const MOST_JSON: usize = 30 << 20;
/// Deepest nesting that is read; records are flat, so little is enough.
const DEEPEST: usize = 16;

/// A JSON object of the body; an empty body is an empty object.
pub struct Input(pub Map<String, Value>);

impl FromRequest<App> for Input {
    type Rejection = ApiFail;

    async fn from_request(req: Request, state: &App) -> std::result::Result<Self, ApiFail> {
        let (mut parts, body) = req.into_parts();
        uploads::may_send(&mut parts, state).await?;
        let req = Request::from_parts(parts, body);
        let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let large = || ApiFail::status(StatusCode::PAYLOAD_TOO_LARGE, "Nội dung lớn hơn mức cho phép (30 MB, tức là tệp khoảng 20 MB).");
        let bytes = Bytes::from_request(req, state).await.map_err(|_| large())?;
        // a multipart body of the same address may be larger
        if bytes.len() > MOST_JSON {
            return Err(large());
        }
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        let mime = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if mime != "application/json" && !(mime.starts_with("application/") && mime.ends_with("+json")) {
            return Err(ApiFail::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Nội dung phải là application/json."));
        }
        Ok(Self(object(&bytes)?))
    }
}

/// A JSON object of these bytes.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>> {
    if depth(bytes) > DEEPEST {
        return Err(Error::BadRequest(format!("JSON lồng quá {DEEPEST} tầng.")));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(m)) => Ok(m),
        Ok(_) => Err(Error::BadRequest("Nội dung phải là một đối tượng JSON {…}.".into())),
        Err(e) => Err(Error::BadRequest(format!("JSON sai ở dòng {} cột {}.", e.line(), e.column()))),
    }
}

/// Greatest nesting of brackets outside of strings.
fn depth(b: &[u8]) -> usize {
    let (mut now, mut most, mut text, mut escaped) = (0usize, 0usize, false, false);
    for c in b {
        match (text, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (_, false, b'"') => text = !text,
            (false, _, b'{' | b'[') => {
                now += 1;
                most = most.max(now);
            }
            (false, _, b'}' | b']') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

impl Input {
    /// Only these names may stand at the top.
    pub fn only(&self, names: &[&str]) -> Result<()> {
        match self.0.keys().find(|k| !names.contains(&k.as_str())) {
            Some(k) => Err(unknown("Khoá", k, names)),
            None => Ok(()),
        }
    }
    /// The reason, if one was given.
    pub fn reason(&self) -> Result<Option<String>> {
        match self.0.get("reason") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => Ok(Some(s.trim().to_owned()).filter(|s| !s.is_empty())),
            Some(_) => Err(Error::invalid("reason", "Lý do phải là chữ.")),
        }
    }
    /// State that a new record starts in, if one was named.
    pub fn state(&self, def: &Definition) -> Result<Option<String>> {
        match self.0.get("state") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) if !def.states.is_empty() => Ok(Some(s.clone())),
            Some(Value::String(_)) => Err(Error::invalid("state", "Sổ này không có trạng thái.")),
            Some(_) => Err(Error::invalid("state", "Trạng thái phải là mã (chữ).")),
        }
    }
    /// `fields` as values of this definition.
    pub fn fields(&self, def: &Definition) -> Result<Values> {
        let map = match self.0.get("fields") {
            None => return Ok(Values::new()),
            Some(Value::Object(m)) => m,
            Some(_) => return Err(Error::invalid("fields", "fields phải là một đối tượng {…}.")),
        };
        let names: Vec<&str> = values::fields(def).iter().map(|f| f.id.as_str()).collect();
        let (mut out, mut errors) = (Values::new(), vec![]);
        for (k, v) in map {
            let read = match values::field_of(def, k) {
                None => Err(unknown("Trường", k, &names).to_string()),
                Some(f) => data_of(&f.kind, v),
            };
            match read {
                Ok(d) => {
                    out.insert(k.clone(), d);
                }
                Err(message) => errors.push(FieldError { field: k.clone(), message }),
            }
        }
        if errors.is_empty() { Ok(out) } else { Err(Error::Invalid(errors)) }
    }
}

/// A JSON value → the value of this type. No guessing: a number in quotes is not a number.
pub fn data_of(kind: &FieldType, v: &Value) -> std::result::Result<Data, String> {
    let wrong = |want: &str| {
        let got = match v {
            Value::Null => "null",
            Value::Bool(_) => "true/false",
            Value::Number(_) => "số",
            Value::String(_) => "chữ",
            Value::Array(_) => "danh sách",
            Value::Object(_) => "đối tượng",
        };
        format!("Cần {want}, nhận được {got}.")
    };
    if v.is_null() {
        return Ok(Data::Null);
    }
    match kind {
        FieldType::File | FieldType::Files => files_of(v),
        FieldType::Integer | FieldType::Money | FieldType::Year => v.as_i64().map(Data::Int).ok_or_else(|| wrong("số nguyên")),
        FieldType::Decimal => v.as_f64().filter(|x| x.is_finite()).map(Data::Real).ok_or_else(|| wrong("số")),
        FieldType::Bool => v.as_bool().map(Data::Bool).ok_or_else(|| wrong("true hoặc false")),
        FieldType::Links(_) => match v.as_array() {
            Some(a) => a
                .iter()
                .map(|x| x.as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
                .map(Data::Links)
                .ok_or_else(|| "Mỗi phần tử phải là mã bản ghi (chữ).".to_owned()),
            None => Err(wrong("danh sách mã bản ghi")),
        },
        FieldType::Date => match v.as_str() {
            Some(d) if fmt_ok(d) => Ok(Data::Text(d.to_owned())),
            Some(d) => Err(format!("Ngày «{}» không đúng. Viết YYYY-MM-DD.", d.chars().take(20).collect::<String>())),
            None => Err(wrong("ngày YYYY-MM-DD")),
        },
        _ => v.as_str().map(|s| Data::Text(s.to_owned())).ok_or_else(|| wrong("chữ")),
    }
}

/// `[{ "name": …, "content": base64 }]` brings a file, `[{ "sha256": … }]` keeps one that the record has.
fn files_of(v: &Value) -> std::result::Result<Data, String> {
    let shape = "Tệp viết là danh sách: [{\"name\": \"a.pdf\", \"content\": \"…base64…\"}], hoặc [{\"sha256\": \"…\"}] để giữ tệp đang có.";
    let one = |x: &Value| {
        let text = |k: &str| x.get(k).and_then(Value::as_str);
        match (text("content"), text("name"), text("sha256")) {
            (Some(content), Some(name), _) => {
                let bytes = B64.decode(content).map_err(|_| format!("“{name}”: content không phải base64 (RFC 4648, có dấu = ở cuối)."))?;
                Attachment::upload(name, bytes)
            }
            (None, name, Some(sha)) => Ok(Attachment::kept(sha, name.unwrap_or_default())),
            _ => Err(shape.to_owned()),
        }
    };
    let list = v.as_array().ok_or(shape)?.iter().map(one).collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(if list.is_empty() { Data::Null } else { Data::Files(list) })
}

fn fmt_ok(d: &str) -> bool {
    d.len() == 10 && d.as_bytes()[4] == b'-' && text::parse_date_vi(d).is_ok_and(|x| x == d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::tests::def;
    use serde_json::json;

    fn input(v: Value) -> Input {
        Input(v.as_object().unwrap().clone())
    }

    #[test]
    fn types_are_strict() {
        let ok =
            input(json!({"fields": {"name": "An", "born": "1990-02-01", "pay": 5, "tags": ["x"], "kind": null}})).fields(&def()).unwrap();
        assert_eq!(ok["pay"], Data::Int(5));
        assert_eq!(ok["kind"], Data::Null);
        for (k, v) in [
            ("born", json!("01/02/1990")),
            ("born", json!("1990-02-30")),
            ("pay", json!("5")),
            ("pay", json!(5.5)),
            ("tags", json!("x")),
            ("name", json!(1)),
        ] {
            let e = input(json!({"fields": {k: v}})).fields(&def()).unwrap_err();
            assert!(matches!(&e, Error::Invalid(l) if l[0].field == k), "{k} {e}");
        }
    }

    #[test]
    fn unknown_names_get_a_suggestion() {
        let e = input(json!({"fields": {"nam": "An"}})).fields(&def()).unwrap_err();
        assert!(e.to_string().contains("«name»"), "{e}");
        let e = input(json!({"field": {}})).only(&["fields", "reason"]).unwrap_err();
        assert!(e.to_string().contains("«fields»"), "{e}");
    }

    #[test]
    fn depth_ignores_text() {
        assert_eq!(depth(br#"{"a":"[[[\"{{"}"#), 1);
        assert_eq!(depth(b"[[[]]]"), 3);
        assert_eq!(depth(&b"[".repeat(100_000)), 100_000);
    }
}
