//! Accounts of the demo: one for each kind of person who works with Lá Chắn.

use std::net::SocketAddr;
use std::sync::Arc;

use access::{Actor, NewAccount, NewGrant, NewPassword, Secret};
use registers::{Filter, Op, Query, actions};
use store::{Error, Result};

use crate::cli::print_json;
use crate::instance::Instance;

struct Demo {
    login: &'static str,
    name: &'static str,
    role: &'static str,
    /// Name of the agency; `None` = the whole instance.
    agency: Option<&'static str>,
    /// Grant reaches the whole instance although the account belongs to an agency.
    whole: bool,
}

/// One password for all demo accounts: long enough for the rules, printed at the start.
pub(crate) const PASSWORD: &str = "la-chan-trinh-dien";

const ACCOUNTS: &[Demo] = &[
    Demo { login: "canbo", name: "Cán bộ thường trực", role: "standing_officer", agency: Some("Công an tỉnh"), whole: true },
    Demo { login: "lanhdao", name: "Lãnh đạo Công an tỉnh", role: "standing_head", agency: Some("Công an tỉnh"), whole: true },
    Demo {
        login: "daumoi", name: "Đầu mối xã Bến Lau", role: "contact", agency: Some("Ủy ban nhân dân xã Bến Lau"), whole: false
    },
    Demo {
        login: "chutich", name: "Chủ tịch xã Bến Lau", role: "head", agency: Some("Ủy ban nhân dân xã Bến Lau"), whole: false
    },
    Demo { login: "syt", name: "Đầu mối Sở Y tế", role: "contact", agency: Some("Sở Y tế"), whole: false },
    Demo { login: "kythuat", name: "Quản trị hệ thống Sở Y tế", role: "technician", agency: Some("Sở Y tế"), whole: false },
    Demo { login: "thanhtra", name: "Thanh tra", role: "inspector", agency: None, whole: true },
    Demo { login: "bo", name: "Bộ (cấp trên)", role: "ministry", agency: None, whole: true },
    Demo { login: "quantri", name: "Quản trị phần mềm", role: "admin", agency: None, whole: true },
];

/// The account made last: without it the filling was cut off.
pub(crate) const LAST: &str = "quantri";

/// Are all of them there?
pub(crate) fn all_there(tx: &mut store::Tx) -> Result<bool> {
    for a in ACCOUNTS {
        if access::account_by_login(tx, a.login)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the accounts.
pub fn make(instance: &Instance) -> Result<()> {
    let secret = Secret::new(PASSWORD);
    for a in ACCOUNTS {
        let password = NewPassword::new(&secret, a.login, a.name)?;
        let (reg, roles) = (Arc::clone(&instance.registry), Arc::clone(&instance.roles));
        instance.store.write_blocking(move |tx| {
            let system = Actor::system("demo");
            let agency = match a.agency {
                None => None,
                Some(name) => {
                    let scope = system.may(access::Verb::Read, "agency")?;
                    let filters = vec![Filter { field: "name".into(), op: Op::Is, values: vec![name.to_owned()] }];
                    let page = actions::list(tx, &reg, &scope, &Query { filters, ..Query::default() })?;
                    Some(page.items.first().map(|r| r.id.clone()).ok_or_else(|| Error::internal(format!("demo agency {name}")))?)
                }
            };
            let new = NewAccount { login: a.login.into(), name: a.name.into(), agency: agency.clone(), ..NewAccount::default() };
            let account = access::create_account(tx, &system, &new, None)?;
            access::set_password(tx, &system, &account.id, &password, false)?;
            let grant =
                NewGrant { account: account.id, role: a.role.into(), agency: if a.whole { None } else { agency }, ..NewGrant::default() };
            access::grant(tx, &system, &roles, &grant).map(drop)
        })?;
    }
    Ok(())
}

/// Settings of the demo server.
pub fn config(listen: SocketAddr) -> web::Config {
    let list = ACCOUNTS.iter().map(|a| (a.login.to_owned(), PASSWORD.to_owned(), a.name.to_owned())).collect();
    web::Config { base_url: format!("http://{listen}"), demo: true, place: "Sao Mai".into(), demo_accounts: list, ..web::Config::default() }
}

/// Says where to go and as whom.
pub fn print(listen: &str, json: bool) {
    if json {
        let list: Vec<_> = ACCOUNTS
            .iter()
            .map(|a| serde_json::json!({ "login": a.login, "password": PASSWORD, "name": a.name, "role": a.role }))
            .collect();
        print_json(&serde_json::json!({ "url": format!("http://{listen}/"), "accounts": list }));
        return;
    }
    println!("\nLá Chắn · tỉnh Sao Mai (dữ liệu trình diễn)\n\nMở trong trình duyệt:  http://{listen}/");
    println!("Đăng nhập bằng một trong các tài khoản sau, mật khẩu chung: {PASSWORD}");
    for a in ACCOUNTS {
        println!("  {:<10} {}", a.login, a.name);
    }
    println!("Bắt đầu với canbo: việc hôm nay của cán bộ thường trực cấp tỉnh.\n");
}
