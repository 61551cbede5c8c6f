//! A record and its files in one request: `multipart/form-data` with `fields` (JSON as in the JSON body) and one part for each
//! file, named by its field. The same limits and messages as the form.

use axum::extract::{FromRequest, Multipart, Request};
use registers::actions::Values;
use registers::{Attachment, Data, Definition, FieldType, Record};
use serde_json::{Map, Value};
use store::{Error, FieldError, Result};

use crate::api::body::object;
use crate::api::{ApiFail, Input};
use crate::app::App;
use crate::links::unknown;
use crate::uploads::{self, Posted};
use crate::values;

/// A body of either kind.
pub struct Sent {
    /// What a JSON body would hold.
    pub input: Input,
    /// Field, file.
    files: Vec<(String, Attachment)>,
    /// Files that are not taken.
    wrong: Vec<FieldError>,
    /// Whether the body was `multipart/form-data`.
    pub multipart: bool,
}

impl FromRequest<App> for Sent {
    type Rejection = ApiFail;

    async fn from_request(req: Request, app: &App) -> std::result::Result<Self, ApiFail> {
        let (mut parts, body) = req.into_parts();
        uploads::may_send(&mut parts, app).await?;
        let req = Request::from_parts(parts, body);
        if !crate::budget::is_multipart(req.headers()) {
            return Ok(Self { input: Input::from_request(req, app).await?, files: vec![], wrong: vec![], multipart: false });
        }
        let parts = Multipart::from_request(req, app)
            .await
            .map_err(|_| Error::BadRequest("multipart/form-data thiếu boundary. Để thư viện HTTP tự ghi Content-Type.".into()))?;
        let most = app.config.most_file;
        let (form, files, wrong) = Posted::of(parts, &app.inner.folder).await?.looked_at(most).await?;
        let mut input = Map::new();
        for (name, text) in form.0 {
            let value = match name.as_str() {
                "fields" => Value::Object(object(text.as_bytes())?),
                // the browser's proof of origin is not data
                "csrf" => continue,
                _ => Value::String(text),
            };
            input.insert(name, value);
        }
        Ok(Self { input: Input(input), files, wrong, multipart: true })
    }
}

impl Sent {
    /// Lays the files over the values. `now` = the record that is changed: what it has in a field of several files stays, unless
    /// `fields` says which of them do.
    pub fn lay(self, def: &Definition, values: &mut Values, now: Option<&Record>) -> Result<()> {
        let mut errors = self.wrong;
        let mut by: Vec<(&registers::Field, Vec<Attachment>)> = vec![];
        for (name, file) in self.files {
            let Some(f) = values::field_of(def, &name) else {
                let names: Vec<&str> = def.fields.iter().filter(|f| f.kind.is_file()).map(|f| f.id.as_str()).collect();
                errors.push(FieldError { message: unknown("Trường tệp", &name, &names).to_string(), field: name });
                continue;
            };
            if !f.kind.is_file() {
                errors.push(FieldError { field: name, message: format!("“{}” không phải trường tệp.", f.label.vi) });
                continue;
            }
            match by.iter_mut().find(|(x, _)| x.id == f.id) {
                Some((_, list)) => list.push(file),
                None => by.push((f, vec![file])),
            }
        }
        for (f, new) in by {
            if f.kind == FieldType::Files && !values.contains_key(&f.id) && now.is_some_and(|r| r.masked.contains(&f.id)) {
                errors.push(FieldError {
                    field: f.id.clone(),
                    message: "Trường này đang che nên không thêm tệp vào được; nêu trong “fields” các tệp giữ lại.".into(),
                });
                continue;
            }
            let kept = |r: &Record| r.files(&f.id).iter().map(|a| Attachment::kept(a.sha256(), a.name())).collect::<Vec<_>>();
            let had = values.remove(&f.id).or_else(|| now.map(|r| Data::Files(kept(r))));
            values.insert(f.id.clone(), uploads::laid(f, had, new));
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }
}
