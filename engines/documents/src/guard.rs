//! Looks at an uploaded workbook before any parser does.
use crate::error::SheetError;
use std::io::{Cursor, Read, copy, sink};
use zip::ZipArchive;

/// More parts than any workbook people make.
const MAX_PARTS: usize = 2_000;

/// Refuses what is too large, not a zip, encrypted, old, with macros, or unpacks to more than
/// `max_uncompressed` bytes. Declared sizes are checked first; as they may lie, every part is then
/// really unpacked (into nothing) under the same limit.
pub(crate) fn check(bytes: &[u8], max_bytes: u64, max_uncompressed: u64) -> Result<(), SheetError> {
    if bytes.len() as u64 > max_bytes {
        return Err(SheetError::TooLarge(max_bytes));
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(SheetError::EncryptedOrOld);
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(SheetError::NotXlsx);
    }
    let broken = |e: &dyn std::fmt::Display| SheetError::Broken(e.to_string());
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    if zip.len() > MAX_PARTS {
        return Err(SheetError::Bomb(max_uncompressed));
    }
    let mut declared = 0u64;
    let mut names = Vec::with_capacity(zip.len());
    for i in 0..zip.len() {
        let part = zip.by_index_raw(i).map_err(|e| broken(&e))?;
        if part.encrypted() {
            return Err(SheetError::EncryptedOrOld);
        }
        declared = declared.saturating_add(part.size());
        let name = part.name().map_err(|e| broken(&e))?;
        names.push(name.replace('\\', "/").to_lowercase());
    }
    if declared > max_uncompressed {
        return Err(SheetError::Bomb(max_uncompressed));
    }
    let has = |n: &str| names.iter().any(|x| x == n);
    if names.iter().any(|n| n.ends_with("vbaproject.bin") || n.starts_with("xl/macrosheets/")) {
        return Err(SheetError::Macros);
    }
    if !has("[content_types].xml") || !has("xl/workbook.xml") {
        return Err(SheetError::NotXlsx);
    }
    let mut left = max_uncompressed;
    for i in 0..zip.len() {
        let part = zip.by_index(i).map_err(|e| broken(&e))?;
        let read = copy(&mut part.take(left + 1), &mut sink()).map_err(|e| broken(&e))?;
        left = left.checked_sub(read).ok_or(SheetError::Bomb(max_uncompressed))?;
    }
    Ok(())
}
