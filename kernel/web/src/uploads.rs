//! Forms with files: an ordinary multipart upload. What was sent is put aside at once under a key that the form carries,
//! so that a form that comes back with an error still has its files; the record takes them from there.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use registers::actions::Values;
use registers::{Attachment, Data, Field, FieldType};
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{FieldView, InputKind};
use crate::ctx::Ctx;
use crate::error::Fail;
use crate::fmt;
use crate::forms::FormData;
use crate::i18n::Lang;

/// Greatest body of a form with files, bytes.
pub const MOST_POST: usize = 64 << 20;
/// Greatest text of one input.
const MOST_TEXT: usize = 1 << 20;
/// Files put aside in this process, their bytes, and for how long (µs).
const MOST_ASIDE: usize = 64;
const MOST_ASIDE_BYTES: i64 = 256 << 20;
const ASIDE_FOR: i64 = 60 * 60 * 1_000_000;

/// A file that waits for its record. Lost with the process: then it is asked for again.
pub(crate) struct Aside {
    account: String,
    file: Attachment,
    at: i64,
}

/// A form as sent, with its files. Reads both kinds of forms.
#[derive(Debug, Default)]
pub struct Posted {
    form: FormData,
    /// Field, name, content; `None` = larger than allowed, not kept.
    files: Vec<(String, String, Option<Vec<u8>>)>,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(req: Request, app: &App) -> Result<Self, Response> {
        let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        if !kind.starts_with("multipart/form-data") {
            return Ok(Self { form: FormData::from_request(req, app).await?, files: vec![] });
        }
        let parts = Multipart::from_request(req, app).await.map_err(IntoResponse::into_response)?;
        Self::of(parts, app.config.most_file).await.map_err(|e| Fail(e).into_response())
    }
}

fn cut(status: axum::http::StatusCode) -> Error {
    let e = if status == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        format!("Các tệp gửi cùng lúc lớn hơn {} MB. Chưa có gì được lưu; quay lại, gửi ít tệp hơn một lần.", MOST_POST >> 20)
    } else {
        "Biểu mẫu gửi lên bị đứt giữa chừng. Chưa có gì được lưu; quay lại và gửi lần nữa.".into()
    };
    Error::BadRequest(e)
}

/// The whole part; `None` when it is larger than `most` (the rest is read and dropped, so that the other inputs are kept).
async fn read(part: &mut axum::extract::multipart::Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Error> {
    let mut out = Some(Vec::new());
    while let Some(chunk) = part.chunk().await.map_err(|e| cut(e.status()))? {
        let chunk: Bytes = chunk;
        match &mut out {
            Some(v) if v.len() + chunk.len() <= most => v.extend_from_slice(&chunk),
            kept => *kept = None,
        }
    }
    Ok(out)
}

/// Name of the pairs that hold keys of files put aside.
fn fresh(field: &str) -> String {
    format!("{field}__new")
}

/// Name of the pair that says that the form showed this field: without ticks it means "no file".
fn shown(field: &str) -> String {
    format!("{field}__files")
}

impl Posted {
    /// Reads the parts of a multipart body: texts and files, each file up to `most_file` bytes.
    pub(crate) async fn of(mut parts: Multipart, most_file: usize) -> Result<Self, Error> {
        let mut out = Self::default();
        while let Some(mut part) = parts.next_field().await.map_err(|e| cut(e.status()))? {
            let field = part.name().unwrap_or_default().to_owned();
            let Some(name) = part.file_name().map(str::to_owned) else {
                let text = read(&mut part, MOST_TEXT).await?.ok_or_else(|| cut(axum::http::StatusCode::PAYLOAD_TOO_LARGE))?;
                out.form.0.push((field, String::from_utf8_lossy(&text).into_owned()));
                continue;
            };
            let content = read(&mut part, most_file).await?;
            // an empty input sends an empty part without a name
            if !name.is_empty() || content.as_ref().is_none_or(|c| !c.is_empty()) {
                out.files.push((field, name, content));
            }
        }
        Ok(out)
    }

    /// Looks into the files: by field, and what is wrong by field.
    pub(crate) fn looked_at(self, most_file: usize) -> (FormData, Vec<(String, Attachment)>, Vec<FieldError>) {
        let (mut good, mut errors) = (vec![], vec![]);
        for (field, name, content) in self.files {
            let made = match content {
                Some(bytes) => Attachment::upload(&name, bytes),
                None => Err(registers::too_large(&name, most_file)),
            };
            match made {
                Ok(file) => good.push((field, file)),
                Err(message) => errors.push(FieldError { field, message }),
            }
        }
        (self.form, good, errors)
    }

    /// The pairs of the form.
    pub fn form(&self) -> &FormData {
        &self.form
    }

    /// Looks into the files and puts them aside. The form then carries their keys; what is wrong stands by field.
    pub fn settle(self, ctx: &Ctx) -> (FormData, Vec<FieldError>) {
        let (mut form, files, errors) = self.looked_at(ctx.app.config.most_file);
        for (field, file) in files {
            let name = file.name().to_owned();
            form.0.push((fresh(&field), format!("{} {name}", put(ctx, file))));
        }
        (form, errors)
    }
}

fn put(ctx: &Ctx, file: Attachment) -> String {
    let (id, now) = (store::new_uuid_v7(ctx.app.now(), &store::SystemIds), ctx.app.now());
    if let Ok(mut map) = ctx.app.inner.aside.lock() {
        map.retain(|_, a: &mut Aside| now - a.at < ASIDE_FOR);
        while map.len() >= MOST_ASIDE || map.values().map(|a| a.file.size()).sum::<i64>() + file.size() > MOST_ASIDE_BYTES {
            let Some(oldest) = map.iter().min_by_key(|(k, a)| (a.at, (*k).clone())).map(|(k, _)| k.clone()) else { break };
            map.remove(&oldest);
        }
        map.insert(id.clone(), Aside { account: ctx.actor.id.clone(), file, at: now });
    }
    id
}

fn key(pair: &str) -> &str {
    pair.split(' ').next().unwrap_or("")
}

fn name(pair: &str) -> &str {
    pair.split_once(' ').map_or("", |(_, n)| n)
}

/// Files that the form keeps: ticks of what the record has.
pub(crate) fn kept(f: &Field, form: &FormData) -> Data {
    let list: Vec<Attachment> = form.all(&f.id).map(|v| Attachment::kept(key(v), name(v))).collect();
    if list.is_empty() { Data::Null } else { Data::Files(list) }
}

/// Did the form show this field of files?
pub(crate) fn asked(f: &Field, form: &FormData) -> bool {
    form.has(&shown(&f.id)) || form.has(&fresh(&f.id))
}

/// A file of a record as a pair of its form.
pub(crate) fn pair(a: &Attachment) -> String {
    format!("{} {}", a.sha256(), a.name())
}

/// Lays the files put aside over the parsed values: a single one replaces, several are added.
///
/// # Errors
/// Files that are no longer there.
pub fn attach<'a>(
    ctx: &Ctx,
    fields: impl IntoIterator<Item = &'a Field>,
    form: &FormData,
    values: &mut Values,
) -> Result<(), Vec<FieldError>> {
    let mut errors = vec![];
    for f in fields.into_iter().filter(|f| f.kind.is_file()) {
        let mut new: Vec<Attachment> = vec![];
        for sent in form.all(&fresh(&f.id)) {
            let found = ctx
                .app
                .inner
                .aside
                .lock()
                .ok()
                .and_then(|m| m.get(key(sent)).filter(|a| a.account == ctx.actor.id).map(|a| a.file.clone()));
            match found {
                Some(file) => new.push(file),
                None => errors.push(FieldError {
                    field: f.id.clone(),
                    message: format!("Tệp “{}” không còn giữ được trên máy chủ; chọn lại tệp.", name(sent)),
                }),
            }
        }
        if new.is_empty() {
            continue;
        }
        let had = values.remove(&f.id);
        values.insert(f.id.clone(), laid(f, had, new));
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// New files over those a field keeps: several are added, of a single one the last sent replaces it. `new` is not empty.
pub(crate) fn laid(f: &Field, had: Option<Data>, mut new: Vec<Attachment>) -> Data {
    Data::Files(match (&f.kind, had) {
        (FieldType::Files, Some(Data::Files(mut had))) => {
            had.extend(new);
            had
        }
        (FieldType::Files, _) => new,
        _ => new.split_off(new.len().saturating_sub(1)),
    })
}

/// After the record is saved: nothing waits any more.
pub fn forget(ctx: &Ctx, form: &FormData) {
    if let Ok(mut map) = ctx.app.inner.aside.lock() {
        for (_, v) in form.0.iter().filter(|(k, _)| k.ends_with("__new")) {
            map.remove(key(v));
        }
    }
}

/// The input of a field of files: what the record has and what waits as ticks, and the box for more.
pub fn input(ctx: &Ctx, f: &Field, form: &FormData, errors: &[FieldError], masked: bool) -> Markup {
    let lang = ctx.lang();
    let new = fresh(&f.id);
    let mut ticks: Vec<(String, String, String)> = form.all(&f.id).map(|v| (f.id.clone(), v.to_owned(), name(v).to_owned())).collect();
    let waits = lang.t("đã nhận, chưa lưu", "received, not saved yet");
    ticks.extend(form.all(&new).map(|v| (new.clone(), v.to_owned(), format!("{} ({waits})", name(v)))));
    let help = help(lang, ctx.app.config.most_file, lang.label(&f.help));
    let mut v = FieldView::line(&f.id, lang.label(&f.label), "")
        .kind(InputKind::Files(ticks, f.kind == FieldType::Files))
        .help(&help)
        .errors(errors);
    v.required = f.required && !masked;
    crate::components::field(&v, lang)
}

/// What may be sent, behind the field's own help.
pub fn help(lang: Lang, most: usize, own: &str) -> String {
    let kinds = lang.t(registers::FILE_KINDS_VI, registers::FILE_KINDS_EN);
    let limit = match lang {
        Lang::Vi => format!("Mỗi tệp tối đa {} MB. Nhận {kinds}.", most >> 20),
        Lang::En => format!("At most {} MB each. Taken: {kinds}.", most >> 20),
    };
    format!("{own} {limit}").trim().to_owned()
}

/// Size as people read it.
pub fn size_words(bytes: i64) -> String {
    match bytes {
        b if b < 1024 => format!("{b} B"),
        b if b < 1 << 20 => format!("{} kB", fmt::int((b + 512) / 1024)),
        #[expect(clippy::cast_precision_loss, reason = "a size for reading")]
        b => format!("{} MB", fmt::dec(b as f64 / f64::from(1 << 20), 1)),
    }
}

/// Address that a form with files is sent to: a browser cannot put the token into a header, and nobody reads megabytes to
/// find it in the body.
pub fn action(ctx: &Ctx, path: &str) -> String {
    format!("{path}?{}", crate::security::query_string(&[("csrf", ctx.look.csrf.as_str())]))
}

/// A file as a download: never shown by the browser as a page of ours.
pub(crate) fn download(a: &Attachment, bytes: Vec<u8>) -> Response {
    let plain: String =
        text::fold(a.name()).chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect();
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", crate::security::encode(a.name()));
    let headers = [
        (header::CONTENT_TYPE, a.media().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::ETAG, format!("\"{}\"", a.sha256())),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!([size_words(12), size_words(1536), size_words(3 << 20)], ["12 B", "2 kB", "3,0 MB"]);
    }

    #[test]
    fn names_of_downloads_are_whole_and_safe() {
        let a = Attachment::upload("Biên bản \"họp\".txt", b"x".to_vec()).unwrap();
        let r = download(&a, b"x".to_vec());
        let d = r.headers()[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(d, "attachment; filename=\"bien_ban_hop.txt\"; filename*=UTF-8''Bi%C3%AAn%20b%E1%BA%A3n%20h%E1%BB%8Dp.txt");
    }

    #[test]
    fn pairs_hold_hash_and_name() {
        let p = "ab12 Quyết định 5.pdf";
        assert_eq!((key(p), name(p)), ("ab12", "Quyết định 5.pdf"));
    }
}
