//! First setup of a real instance: the agencies of a province and the first account, in one transaction.

use std::sync::Arc;

use access::{Actor, NewAccount, NewGrant, NewPassword, Secret};
use agencies::setup::{Body, Founded};
use clap::Args;
use serde_json::json;
use store::{Error, Result};

use super::out::say;
use super::{Context, accounts, print_json};

/// Words of `setup`.
#[derive(Args)]
pub struct SetupArgs {
    /// Tỉnh: mã hoặc tên, ví dụ "Cao Bằng" · Province: code or name, e.g. "Cao Bằng"
    #[arg(long)]
    province: String,
    /// Tên đăng nhập đầu tiên: cán bộ thường trực kiêm quản trị · Sign-in name of the first account: officer of the standing agency and administrator
    #[arg(long)]
    login: String,
    /// Họ tên người đó · Name of its person
    #[arg(long)]
    name: String,
}

const BODIES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../packs/base-2026/provincial_bodies.toml"));

/// Bodies every province has.
fn bodies() -> Result<Vec<Body>> {
    #[derive(serde::Deserialize)]
    struct File {
        body: Vec<Body>,
    }
    toml::from_str::<File>(BODIES).map(|f| f.body).map_err(Error::internal)
}

/// `lachan setup`.
pub fn run(context: &Context<'_>, a: &SetupArgs) -> Result<()> {
    let instance = context.open()?;
    crate::packs::load(&instance, true, &|_, _, _| {})?;
    let word = accounts::temporary();
    let password = NewPassword::new(&Secret::new(word.clone()), &a.login, &a.name)?;
    let (actor, bodies) = (Actor::system("setup"), bodies()?);
    let (reg, roles) = (Arc::clone(&instance.registry), Arc::clone(&instance.roles));
    let (province, login, name) = (a.province.clone(), a.login.clone(), a.name.clone());
    let made: Founded = instance.store.write_blocking(move |tx| {
        let today = web::fmt::day_of(tx.now());
        let made = agencies::setup::found(tx, &reg, &actor, &province, &bodies, &today)?;
        let new = NewAccount { login, name, agency: made.standing.clone(), ..NewAccount::default() };
        let account = access::create_account(tx, &actor, &new, Some(&password))?;
        for role in ["standing_officer", "admin"] {
            let grant = NewGrant { account: account.id.clone(), role: role.into(), ..NewGrant::default() };
            access::grant(tx, &actor, &roles, &grant)?;
        }
        Ok(made)
    })?;
    if context.json {
        print_json(&json!({ "province": made.province, "agencies": made.agencies, "login": a.login, "password": word }));
        return Ok(());
    }
    say!("{}: đã tạo {} cơ quan (sửa, thêm, bớt ở sổ Cơ quan, tổ chức).", made.province, made.agencies);
    accounts::once(false, &a.login, &word);
    say!("Chạy: lachan serve --database {} --place \"{}\"", context.database, made.province);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{ManualClock, SeededIds, Store};

    #[test]
    fn the_bodies_are_known_kinds() {
        let reg = crate::instance::registry().unwrap();
        let all = bodies().unwrap();
        assert!(all.iter().filter(|b| b.kind == "police").count() == 1);
        for b in all {
            assert!(reg.option("agency_kind", &b.kind).is_some(), "{}: {}", b.name, b.kind);
        }
    }

    #[test]
    fn a_real_instance_begins_with_the_agencies_of_its_province() {
        let url = std::env::temp_dir().join(format!("lachan-setup-{}.db", std::process::id()));
        let url = url.to_string_lossy().into_owned();
        let context = Context { database: &url, account: None, json: true };
        let args = |p: &str| SetupArgs { province: p.into(), login: "canbo".into(), name: "Lò Thị Sen".into() };
        assert!(matches!(run(&context, &args("Sao Hỏa")), Err(Error::NotFound(m)) if m.contains("Cao Bằng")), "names the provinces");
        run(&context, &args("cao bang")).unwrap();
        assert!(matches!(run(&context, &args("Cao Bằng")), Err(Error::Conflict(_))), "a second time changes nothing");
        let store = Store::open(&url, Arc::new(ManualClock::new(0)), Arc::new(SeededIds::new(1))).unwrap();
        let n: i64 = store
            .read_blocking(|tx| {
                let sql = "SELECT count(*) FROM agency a JOIN commune c ON c.id = a.commune WHERE a.kind = 'commune'";
                tx.query(sql, &[])?.first().map_or(Ok(0), |r| r.get(0))
            })
            .unwrap();
        assert_eq!(n, 56, "communes of Cao Bằng since 01/07/2025");
        store.close();
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{url}{tail}"));
        }
    }
}
