//! `lachan account invite`: accounts for contact points and heads, many at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::Actor;
use clap::Args;
use people::invite::{Wanted, at_once};
use people::slips;
use serde_json::json;
use store::{Error, Result};

use super::out::say;
use super::{Context, print_json};
use crate::instance::Instance;

/// Words of `account invite`.
#[derive(Args)]
pub struct InviteArgs {
    /// Chỉ các cơ quan loại này (nhắc lại được) · Only agencies of this kind (may be given again)
    #[arg(long)]
    kind: Vec<String>,
    /// Gia hạn lời mời chưa dùng thay vì tạo mới · Renew unused invitations instead of making accounts
    #[arg(long)]
    renew: bool,
    /// Chỉ liệt kê, không tạo · Only list them
    #[arg(long)]
    list: bool,
    /// Số ngày mật khẩu một lần dùng được · Days for which the one-time passwords are good
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
    /// Địa chỉ hệ thống in trên phiếu · Address of the instance, for the slips
    #[arg(long, default_value = "")]
    base_url: String,
    /// Ghi danh sách có mật khẩu ra tệp .xlsx · Write the list with passwords to this .xlsx file
    #[arg(long)]
    xlsx: Option<PathBuf>,
    /// Ghi phiếu để in ra tệp .docx hoặc .pdf · Write slips to print to this .docx or .pdf file
    #[arg(long)]
    slips: Option<PathBuf>,
}

/// Only its owner reads it; a file that is there already is not written over.
fn write_new(file: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let said =
        |e: std::io::Error| Error::BadRequest(format!("Không ghi được {}: {e}. Chọn tệp chưa có, ở thư mục ghi được.", file.display()));
    options.open(file).and_then(|mut f| f.write_all(bytes)).map_err(said)
}

/// A file is refused before the work, not after it.
fn check(a: &InviteArgs) -> Result<()> {
    for (file, endings) in [(&a.xlsx, &["xlsx"][..]), (&a.slips, &["docx", "pdf"][..])] {
        let Some(f) = file else { continue };
        if !f.extension().is_some_and(|e| endings.iter().any(|x| e.eq_ignore_ascii_case(x))) {
            return Err(Error::BadRequest(format!("{}: tên tệp phải kết thúc bằng .{}.", f.display(), endings.join(" hoặc ."))));
        }
        if f.exists() {
            return Err(Error::BadRequest(format!("{} đã có; chọn tên tệp khác để không ghi đè.", f.display())));
        }
    }
    Ok(())
}

/// `lachan account invite`.
pub fn run(context: &Context<'_>, instance: &Instance, actor: &Actor, a: &InviteArgs) -> Result<()> {
    check(a)?;
    let (store, reg, roles) = (&instance.store, &instance.registry, &instance.roles);
    let people = if a.renew { vec![] } else { store.read_blocking(|tx| people::candidates(tx, reg, actor, &a.kind))? };
    if a.list {
        for c in &people {
            let roles: Vec<&str> = c.duties.iter().map(|d| d.0).collect();
            if context.json {
                print_json(&json!({ "person": c.person, "name": c.name, "agency": c.agency_name, "kind": c.kind, "roles": roles }));
            } else {
                say!("{:<28} {:<24} {}", c.name, roles.join("+"), c.agency_name);
            }
        }
        return Ok(());
    }
    let renew = if a.renew { store.read_blocking(|tx| people::unused(tx, actor))?.into_iter().map(|a| a.id).collect() } else { vec![] };
    let wanted = Wanted {
        people: people.into_iter().map(|c| c.person).collect(),
        renew,
        days: a.days,
        by_mail: false,
        base_url: a.base_url.clone(),
    };
    let said = |done: usize, all: usize| {
        if !context.json {
            eprintln!("{done}/{all}");
        }
    };
    let (report, list) = at_once(store, &Arc::clone(reg), &Arc::clone(roles), actor, &wanted, &said)?;
    let today = web::fmt::day_of(instance.clock().now());
    if let Some(f) = &a.xlsx {
        write_new(f, &slips::xlsx(&list, &a.base_url, &today)?)?;
    }
    if let Some(f) = &a.slips {
        let d = slips::document(&list, &a.base_url, "", &today);
        let pdf = f.extension().is_some_and(|e| e.eq_ignore_ascii_case("pdf"));
        write_new(f, &if pdf { d.to_pdf() } else { d.to_docx() }.map_err(Error::internal)?)?;
    }
    let shown = a.xlsx.is_none() && a.slips.is_none();
    for s in list.iter().filter(|_| shown) {
        if context.json {
            print_json(&json!({ "login": s.login, "name": s.name, "agency": s.agency, "password": s.password.reveal() }));
        } else {
            say!("{:<20} {}  {}  {}", s.login, s.password.reveal(), s.name, s.agency);
        }
    }
    if context.json {
        print_json(&json!(report));
    } else {
        say!("Tài khoản mới: {}. Gia hạn: {}. Bỏ qua: {}. Không làm được: {}.", report.made, report.renewed, report.skipped, report.failed);
        for (name, why) in &report.notes {
            say!("- {name}: {why}");
        }
    }
    Ok(())
}
