//! Forms with files: an ordinary multipart upload. Nothing of the body is read before somebody is known who may write the
//! register addressed; files are spilled to disk as they come. What was sent is put aside at once under a key that the form
//! carries, so that a form that comes back with an error still has its files; the record takes them from there.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::{Actor, Verb};
use axum::body::Bytes;
use axum::extract::multipart::Field as Part;
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, RawPathParams, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use registers::actions::Values;
use registers::{Attachment, Data, Field, FieldType, MOST_FILE, Spilled};
use store::{Error, FieldError};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::app::App;
use crate::components::{FieldView, InputKind};
use crate::ctx::Ctx;
use crate::error::Fail;
use crate::fmt;
use crate::forms::FormData;
use crate::i18n::Lang;
use crate::spool::Folder;

/// Greatest body of a form with files, bytes.
pub const MOST_POST: usize = 64 << 20;
/// Greatest text of all inputs of a form, bytes, and most parts of a form: the budget of disk does not see them.
const MOST_TEXT: usize = 2 << 20;
const MOST_PARTS: usize = 2000;
/// Files up to this size stay in memory, as long as those of one form together stay small.
const SMALL_FILE: usize = 64 << 10;
const SMALL_FILES: usize = 512 << 10;
/// Files put aside on disk: of one account, of all, and for how long (µs).
const OF_ONE: Most = Most { files: 64, bytes: 256 << 20 };
const OF_ALL: Most = Most { files: 1000, bytes: 1 << 30 };
const ASIDE_FOR: i64 = 60 * 60 * 1_000_000;

struct Most {
    files: usize,
    bytes: i64,
}

/// Files looked into at a time: each is wholly in memory then.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Waits for the turn to hold a whole file in memory; it lasts until the answer is dropped.
pub async fn turn() -> Result<SemaphorePermit<'static>, Error> {
    TURNS.acquire().await.map_err(Error::internal)
}

/// Who was found to ask, left by the extractors of people and programs for those of bodies.
#[derive(Clone)]
pub(crate) struct Known(pub Actor);

/// Laid over a route without `{register}` in its address: the registers that its body writes. One of them must be the sender's.
#[derive(Clone, Copy)]
pub struct For(pub &'static [&'static str]);

/// Refuses who is not known, and who may change nothing of the register addressed, before anything is read.
pub(crate) async fn may_send(parts: &mut Parts, app: &App) -> Result<(), Error> {
    let Some(Known(actor)) = parts.extensions.get::<Known>().cloned() else { return Err(Error::Unauthenticated) };
    let named: Vec<String> = match parts.extensions.get::<For>() {
        Some(f) => f.0.iter().map(|r| (*r).to_owned()).collect(),
        None => {
            let path = RawPathParams::from_request_parts(parts, app).await.map_err(|e| Error::BadRequest(e.to_string()))?;
            path.iter().filter(|(k, _)| *k == "register").map(|(_, v)| v.to_owned()).collect()
        }
    };
    // forms of no register are small, and their pages ask for the right themselves
    let Some(register) = named.first() else { return Ok(()) };
    if !app.registry.registers.contains_key(register) {
        let names: Vec<&str> = app.registry.registers.keys().map(String::as_str).collect();
        return Err(Error::NotFound(crate::links::unknown("Sổ đăng ký", register, &names).to_string()));
    }
    let writes = [Verb::Create, Verb::Update, Verb::Transition, Verb::Delete, Verb::Import, Verb::Unmask];
    let any = named.iter().any(|r| writes.into_iter().any(|v| actor.may(v, r).is_ok()));
    if any { Ok(()) } else { actor.may(Verb::Create, register).map(drop) }
}

/// A body that is a file by itself, wholly in memory: for small doors, under the budget of bodies.
pub struct Raw(pub Bytes);

impl FromRequest<App> for Raw {
    type Rejection = crate::api::ApiFail;

    async fn from_request(req: Request, app: &App) -> Result<Self, crate::api::ApiFail> {
        let (mut parts, body) = req.into_parts();
        may_send(&mut parts, app).await?;
        let large = |_| {
            let text = "Tệp lớn hơn mức cho phép hoặc gửi chưa xong. Chưa có gì được lưu.";
            crate::api::ApiFail::status(axum::http::StatusCode::PAYLOAD_TOO_LARGE, text)
        };
        Bytes::from_request(Request::from_parts(parts, body), app).await.map(Self).map_err(large)
    }
}

/// A file as it came: small in memory, larger on disk.
#[derive(Debug, Clone)]
pub struct Sent(Got);

#[derive(Debug, Clone)]
enum Got {
    Memory(Arc<Vec<u8>>),
    Disk(Arc<Spilled>, usize),
}

impl Sent {
    /// Bytes.
    pub fn size(&self) -> usize {
        match &self.0 {
            Got::Memory(b) => b.len(),
            Got::Disk(_, n) => *n,
        }
    }
    /// All of it; call with a [`turn`], off the async threads.
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Got::Memory(b) => Ok(b.to_vec()),
            Got::Disk(f, _) => f.read().map_err(|_| Error::Unavailable("Máy chủ không còn đọc được tệp vừa gửi; gửi lại tệp.".into())),
        }
    }
    fn looked_at(self, name: &str, most: usize) -> Result<Attachment, String> {
        if self.size() > most {
            return Err(registers::too_large(name, most));
        }
        match self.0 {
            Got::Memory(b) => Attachment::upload(name, b.to_vec()),
            Got::Disk(f, _) => Attachment::upload_spilled(name, f),
        }
    }
}

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
    files: Vec<(String, String, Option<Sent>)>,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(req: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = req.into_parts();
        may_send(&mut parts, app).await.map_err(|e| Fail(e).into_response())?;
        let req = Request::from_parts(parts, body);
        if !crate::budget::is_multipart(req.headers()) {
            return Ok(Self { form: FormData::from_request(req, app).await?, files: vec![] });
        }
        let parts = Multipart::from_request(req, app).await.map_err(IntoResponse::into_response)?;
        Self::of(parts, &app.inner.folder).await.map_err(|e| Fail(e).into_response())
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

async fn chunk(part: &mut Part<'_>) -> Result<Option<Bytes>, Error> {
    part.chunk().await.map_err(|e| cut(e.status()))
}

/// The whole text of an input, at most `most` bytes.
async fn text(part: &mut Part<'_>, most: usize) -> Result<String, Error> {
    let mut out = Vec::new();
    while let Some(c) = chunk(part).await? {
        if out.len() + c.len() > most {
            return Err(Error::BadRequest(format!("Chữ trong biểu mẫu dài hơn {} MB. Chưa có gì được lưu.", MOST_TEXT >> 20)));
        }
        out.extend_from_slice(&c);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// A file; `None` when it is larger than any door takes (the rest is read and dropped, so that the other inputs are kept).
/// `memory` = bytes of files that may still stay in memory.
async fn file(part: &mut Part<'_>, memory: &mut usize, folder: &Folder) -> Result<Option<Sent>, Error> {
    let (mut begin, mut on_disk, mut size) = (Vec::new(), None, 0usize);
    while let Some(c) = chunk(part).await? {
        size += c.len();
        if size > MOST_FILE {
            (begin, on_disk) = (Vec::new(), None);
            continue;
        }
        if on_disk.is_none() && begin.len() + c.len() > SMALL_FILE.min(*memory) {
            let mut w = folder.create().await?;
            w.write(&std::mem::take(&mut begin)).await?;
            on_disk = Some(w);
        }
        match &mut on_disk {
            Some(w) => w.write(&c).await?,
            None => begin.extend_from_slice(&c),
        }
    }
    if size > MOST_FILE {
        return Ok(None);
    }
    Ok(Some(Sent(match on_disk {
        Some(w) => Got::Disk(Arc::new(w.done().await?), size),
        None => {
            *memory -= begin.len();
            Got::Memory(Arc::new(begin))
        }
    })))
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
    /// Reads the parts of a multipart body: texts, and files, which go to disk.
    pub(crate) async fn of(mut parts: Multipart, folder: &Folder) -> Result<Self, Error> {
        let (mut out, mut words, mut memory, mut count) = (Self::default(), MOST_TEXT, SMALL_FILES, 0);
        while let Some(mut part) = parts.next_field().await.map_err(|e| cut(e.status()))? {
            count += 1;
            if count > MOST_PARTS {
                return Err(Error::BadRequest(format!("Biểu mẫu có hơn {MOST_PARTS} ô. Chưa có gì được lưu.")));
            }
            let field = part.name().unwrap_or_default().to_owned();
            let Some(name) = part.file_name().map(str::to_owned) else {
                let text = text(&mut part, words).await?;
                words -= text.len().min(words);
                out.form.0.push((field, text));
                continue;
            };
            let content = file(&mut part, &mut memory, folder).await?;
            // an empty input sends an empty part without a name
            if !name.is_empty() || content.as_ref().is_none_or(|c| c.size() > 0) {
                out.files.push((field, name, content));
            }
        }
        Ok(out)
    }

    /// Looks into the files: by field, and what is wrong by field. One file is in memory at a time.
    pub(crate) async fn looked_at(self, most_file: usize) -> Result<(FormData, Vec<(String, Attachment)>, Vec<FieldError>), Error> {
        let (mut good, mut errors) = (vec![], vec![]);
        for (field, name, content) in self.files {
            let _turn = turn().await?;
            let made = crate::edge::blocking(move || match content {
                Some(sent) => sent.looked_at(&name, most_file),
                None => Err(registers::too_large(&name, most_file)),
            });
            match made.await? {
                Ok(file) => good.push((field, file)),
                Err(message) => errors.push(FieldError { field, message }),
            }
        }
        Ok((self.form, good, errors))
    }

    /// The file of an input that is no field of a record: its name and content. A `None` content is larger than is taken.
    pub fn take(&mut self, field: &str) -> Option<(String, Option<Sent>)> {
        let at = self.files.iter().position(|(f, _, _)| f == field)?;
        let (_, name, content) = self.files.swap_remove(at);
        Some((name, content))
    }

    /// The pairs of the form.
    pub fn form(&self) -> &FormData {
        &self.form
    }

    /// Looks into the files and puts them aside. The form then carries their keys; what is wrong stands by field.
    pub async fn settle(self, ctx: &Ctx) -> Result<(FormData, Vec<FieldError>), Error> {
        let (mut form, files, errors) = self.looked_at(ctx.app.config.most_file).await?;
        for (field, file) in files {
            let name = file.name().to_owned();
            form.0.push((fresh(&field), format!("{} {name}", put(ctx, file))));
        }
        Ok((form, errors))
    }
}

fn put(ctx: &Ctx, file: Attachment) -> String {
    let (id, now) = (store::new_uuid_v7(ctx.app.now(), &store::SystemIds), ctx.app.now());
    if let Ok(mut map) = ctx.app.inner.aside.lock() {
        map.retain(|_, a| now - a.at < ASIDE_FOR);
        // who sends much loses files of their own, not somebody else's
        make_room(&mut map, &OF_ONE, file.size(), |a| a.account == ctx.actor.id);
        make_room(&mut map, &OF_ALL, file.size(), |_| true);
        map.insert(id.clone(), Aside { account: ctx.actor.id.clone(), file, at: now });
    }
    forget_later(ctx, id.clone());
    id
}

/// Drops the oldest of these until one more of `size` bytes fits.
fn make_room(map: &mut HashMap<String, Aside>, most: &Most, size: i64, of: impl Fn(&Aside) -> bool) {
    loop {
        let (count, bytes) = map.values().filter(|a| of(a)).fold((0, 0), |(n, b), a| (n + 1, b + a.file.size()));
        if count < most.files && bytes + size <= most.bytes {
            return;
        }
        let Some(oldest) = map.iter().filter(|(_, a)| of(a)).min_by_key(|(k, a)| (a.at, (*k).clone())).map(|(k, _)| k.clone()) else {
            return;
        };
        map.remove(&oldest);
    }
}

/// A file that nobody comes back for does not lie on disk longer than its time, even when no other is sent.
fn forget_later(ctx: &Ctx, id: String) {
    let inner = Arc::downgrade(&ctx.app.inner);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_micros(ASIDE_FOR.unsigned_abs())).await;
        if let Some(inner) = inner.upgrade()
            && let Ok(mut map) = inner.aside.lock()
        {
            map.remove(&id);
        }
    });
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
            if map.get(key(v)).is_some_and(|a| a.account == ctx.actor.id) {
                map.remove(key(v));
            }
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
