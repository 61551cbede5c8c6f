//! Files of records: the record holds hash, name, size and media type; the content lies once per hash in the database,
//! written in the transaction of the record that brings it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use access::Scope;
use documents::FileKind;
use serde::{Deserialize, Serialize};
use store::{Error, Result, Tx};

use crate::Registry;
use crate::body::Raw;
use crate::definition::FieldType;
use crate::model::Model;
use crate::read::{self, readable};
use crate::record::Data;
use crate::spilled::Spilled;
use crate::sql::quote;
use crate::verify::Mismatch;
use crate::write::{hex, sha256};

/// Greatest file, bytes.
pub const MOST_FILE: usize = 20 << 20;
/// Most files of one field.
pub const MOST_FILES: usize = 20;
/// Bytes of one row: a copy of the instance reads 200 rows at a time.
const PART: usize = 128 << 10;

pub(crate) const TABLES: &str = "
CREATE TABLE attachment_part (sha256 TEXT NOT NULL, part BIGINT NOT NULL, content BYTES NOT NULL, PRIMARY KEY (sha256, part));
";

/// A file of a record.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attachment {
    media: String,
    name: String,
    sha256: String,
    size: i64,
    /// Only between a door and the disk.
    #[serde(skip)]
    content: Option<Content>,
}

#[derive(Clone)]
enum Content {
    Memory(Arc<Vec<u8>>),
    Disk(Arc<Spilled>),
}

impl Content {
    /// Calls `take` with each piece of at most [`PART`] bytes.
    fn pieces(&self, mut take: impl FnMut(Vec<u8>) -> Result<()>) -> Result<()> {
        match self {
            Content::Memory(bytes) => bytes.chunks(PART).try_for_each(|p| take(p.to_vec())),
            Content::Disk(file) => {
                let gone = |e: std::io::Error| {
                    Error::Unavailable(format!("Tệp gửi lên không còn đọc được trên máy chủ ({}). Chưa có gì được lưu; gửi lại.", e.kind()))
                };
                file.pieces(PART).map_err(gone)?.try_for_each(|p| take(p.map_err(gone)?))
            }
        }
    }
}

impl PartialEq for Attachment {
    fn eq(&self, other: &Self) -> bool {
        (&self.sha256, &self.name) == (&other.sha256, &other.name)
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} B, {})", self.name, self.size, &self.sha256.get(..8).unwrap_or(""))
    }
}

impl Attachment {
    /// A new file: looked into, hashed, its name made safe.
    ///
    /// # Errors
    /// A Vietnamese sentence: too large, empty, or of a kind that is not taken.
    pub fn upload(name: &str, bytes: Vec<u8>) -> std::result::Result<Self, String> {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        if bytes.len() > MOST_FILE {
            return Err(too_large(&shown, MOST_FILE));
        }
        let kind = FileKind::of(&bytes).map_err(|e| format!("“{shown}”: {e}"))?;
        Ok(Self {
            media: kind.media().into(),
            name: crate::values::neat(&kind.named(name), false),
            sha256: hex(&sha256(&bytes)),
            size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            content: Some(Content::Memory(Arc::new(bytes))),
        })
    }

    /// The same for a file on disk, which stays there until it is stored. Reads all of it once.
    ///
    /// # Errors
    /// As [`Attachment::upload`], or that it cannot be read.
    pub fn upload_spilled(name: &str, file: Arc<Spilled>) -> std::result::Result<Self, String> {
        let bytes = file.read().map_err(|_| format!("“{name}”: máy chủ không còn đọc được tệp này; gửi lại tệp."))?;
        Ok(Self { content: Some(Content::Disk(file)), ..Self::upload(name, bytes)? })
    }

    /// A file that the record already has, by its hash (the name is only for comparing).
    pub fn kept(sha256: &str, name: &str) -> Self {
        Self { media: String::new(), name: name.to_owned(), sha256: sha256.to_owned(), size: 0, content: None }
    }

    /// Media type, told by content.
    pub fn media(&self) -> &str {
        &self.media
    }
    /// Name, safe to save under.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// SHA-256 in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
    /// Bytes.
    pub fn size(&self) -> i64 {
        self.size
    }
}

/// Message for a file over the limit.
pub fn too_large(name: &str, most: usize) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("“{name}”: lớn hơn {} MB; nén ảnh, giảm độ phân giải bản quét hoặc tách tệp rồi gửi lại.", most >> 20)
}

/// The given value in stored form. Content comes with the value, or the record has it already: naming the hash of somebody
/// else's file gives nothing.
pub(crate) fn accept(kind: &FieldType, v: Data, present: &Data) -> std::result::Result<Data, String> {
    let list = match v {
        Data::Null => return Ok(Data::Null),
        Data::Links(l) if l.is_empty() => return Ok(Data::Null),
        Data::Text(s) if s.trim().is_empty() => return Ok(Data::Null),
        Data::Files(list) => list,
        _ => return Err("cần một tệp: gửi tên và nội dung tệp.".into()),
    };
    let most = if *kind == FieldType::Files { MOST_FILES } else { 1 };
    let had: &[Attachment] = if let Data::Files(l) = present { l } else { &[] };
    let mut out: Vec<Attachment> = Vec::new();
    for a in list {
        let a = match (&a.content, had.iter().find(|h| h.sha256 == a.sha256)) {
            (Some(_), _) => a,
            (None, Some(h)) => h.clone(),
            (None, None) => return Err("bản ghi không có tệp này; gửi lại tệp.".into()),
        };
        if !out.iter().any(|o| o.sha256 == a.sha256) {
            out.push(a);
        }
    }
    if out.len() > most {
        return Err(format!("{} tệp, tối đa {most}; bỏ bớt tệp.", out.len()));
    }
    Ok(if out.is_empty() { Data::Null } else { Data::Files(out) })
}

/// What the column holds.
pub(crate) fn to_column(list: &[Attachment]) -> String {
    // strings and numbers only: serialising cannot fail
    serde_json::to_string(list).unwrap_or_default()
}

/// From the column.
pub(crate) fn from_column(s: String) -> Data {
    serde_json::from_str(&s).map_or(Data::Text(s), Data::Files)
}

/// Writes the contents that a record brings and the database does not have yet.
pub(crate) fn keep(tx: &mut Tx, raw: &Raw) -> Result<()> {
    for a in raw.values.iter().filter_map(|v| if let Data::Files(l) = v { Some(l) } else { None }).flatten() {
        let Some(content) = &a.content else { continue };
        if !tx.query("SELECT 1 FROM attachment_part WHERE sha256 = $1 AND part = 0", &[a.sha256.as_str().into()])?.is_empty() {
            continue;
        }
        let mut n = 0i64;
        content.pieces(|piece| {
            // two processes may bring the same file at the same time
            tx.exec(
                "INSERT INTO attachment_part (sha256, part, content) VALUES ($1, $2, $3) ON CONFLICT (sha256, part) DO NOTHING",
                &[a.sha256.as_str().into(), n.into(), piece.into()],
            )?;
            n += 1;
            Ok(())
        })?;
    }
    Ok(())
}

fn content(tx: &mut Tx, sha: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for n in 0i64.. {
        let row = tx.query_opt("SELECT content FROM attachment_part WHERE sha256 = $1 AND part = $2", &[sha.into(), n.into()])?;
        let Some(row) = row else { break };
        out.extend(row.get::<Vec<u8>>(0)?);
    }
    Ok(out)
}

/// A file of a field, now or earlier in the record's history, for who may read that field of that record.
pub(crate) fn open(tx: &mut Tx, reg: &Registry, scope: &Scope, id: &str, field: &str, sha: &str) -> Result<(Attachment, Vec<u8>)> {
    let m = readable(reg, scope)?;
    open_as(tx, m, scope, id, field, sha, read::is_clear(scope))
}

/// The same for a field that is masked, when `clear`: the caller has asked for the right and written the look down.
pub(crate) fn open_as(
    tx: &mut Tx,
    m: &Model,
    scope: &Scope,
    id: &str,
    field: &str,
    sha: &str,
    clear: bool,
) -> Result<(Attachment, Vec<u8>)> {
    let none = || Error::NotFound("Bản ghi không có tệp này.".into());
    let f = m.field(field).filter(|f| f.kind.is_file()).ok_or_else(none)?;
    let raw = read::load_in_scope(tx, m, scope, id)?;
    if f.sensitive && !clear {
        return Err(Error::Forbidden(format!("Tệp của trường “{}” đang được che với vai trò của bạn.", f.label)));
    }
    let is = |v: &Data| if let Data::Files(l) = v { l.iter().find(|a| a.sha256 == sha).cloned() } else { None };
    let found = match is(&raw.value(m, field)) {
        Some(a) => a,
        None => {
            let past = crate::history::history(tx, m, scope, id)?;
            past.iter().filter_map(|e| e.changes.get(field)).find_map(|(a, b)| is(a).or_else(|| is(b))).ok_or_else(none)?
        }
    };
    let bytes = content(tx, sha)?;
    if hex(&sha256(&bytes)) != sha {
        return Err(Error::internal(format!("attachment {sha} is not what its hash says")));
    }
    Ok((found, bytes))
}

/// Is every file that a record of this register names there, unchanged? `seen`: hash → what is wrong with it.
pub(crate) fn verify(
    tx: &mut Tx,
    m: &Model,
    seen: &mut BTreeMap<String, Option<String>>,
    out: &mut Vec<Mismatch>,
    tick: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    for f in m.fields.iter().filter(|f| f.kind.is_file()) {
        let column = quote(&f.id);
        let sql = format!("SELECT t.\"id\", t.{column} FROM {} t WHERE t.{column} IS NOT NULL ORDER BY t.\"id\"", m.table());
        for row in tx.query(&sql, &[])? {
            let Data::Files(list) = from_column(row.get(1)?) else { continue };
            for a in list {
                if !seen.contains_key(&a.sha256) {
                    tick()?;
                    let bytes = content(tx, &a.sha256)?;
                    let wrong = if bytes.is_empty() {
                        Some(format!("tệp “{}” không còn nội dung", a.name))
                    } else {
                        (hex(&sha256(&bytes)) != a.sha256).then(|| format!("nội dung tệp “{}” khác với mã băm", a.name))
                    };
                    seen.insert(a.sha256.clone(), wrong);
                }
                if let Some(Some(sentence)) = seen.get(&a.sha256) {
                    out.push(Mismatch { register: m.id.clone(), record: row.get(0)?, seq: None, sentence_vi: sentence.clone() });
                }
            }
        }
    }
    Ok(())
}
