//! Commands about the instance as a whole.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use store::{Result, Store, SystemClock, SystemIds};

use super::Context;
use super::out::say;
use crate::instance::Instance;

/// Words of `serve`.
#[derive(Args)]
pub struct ServeArgs {
    /// Địa chỉ lắng nghe · Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Địa chỉ người dùng mở (cho liên kết và kiểm tra nguồn) · Address people use (for links and the origin check)
    #[arg(long)]
    base_url: Option<String>,
    /// Chỉ gửi cookie qua HTTPS (sau proxy lo TLS) · Cookies only over HTTPS (behind a proxy that ends TLS)
    #[arg(long)]
    secure_cookies: bool,
    /// Tên tỉnh hoặc cơ quan · Name of the province or agency
    #[arg(long, default_value = "")]
    place: String,
    /// Cho phép bản mới thêm bảng, cột vào cơ sở dữ liệu (có liệt kê) · Let a newer program add its tables and columns to the database (what is added is listed)
    #[arg(long)]
    migrate: bool,
    /// Máy chủ thư (hoặc biến LACHAN_SMTP) · Mail server: smtp://host:25, smtps://name@host:465?password_file=FILE, smtp://name@host:587?tls=starttls&password_file=FILE
    #[arg(long)]
    smtp: Option<String>,
    /// Người gửi thư, ví dụ "Lá Chắn <lachan@saomai.gov.vn>" (hoặc LACHAN_SMTP_FROM) · Sender of mail
    #[arg(long)]
    smtp_from: Option<String>,
    /// Số ngày không dùng thì tài khoản vào danh sách lâu không dùng · Days without use after which an account is listed as idle
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=3650))]
    idle_days: i64,
    /// Số ngày mật khẩu tạm của lời mời còn dùng được · Days for which the temporary password of an invitation is good
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=90))]
    invitation_days: i64,
    /// Không bắt buộc lớp bảo vệ thứ hai cho vai trò quản trị · Do not require a second factor of roles that ask for one
    #[arg(long)]
    second_factor_optional: bool,
    /// Tệp lớn nhất nhận trên trang, MB · Greatest file of a record that is taken at the pages, MB
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=20))]
    most_file_mb: u8,
}

/// Words of `migrate`.
#[derive(Args)]
pub struct MigrateArgs {
    /// Thực hiện thay đổi đã nêu · Make the change that was shown
    #[arg(long)]
    apply: bool,
    /// Chuyển toàn bộ sang cơ sở dữ liệu khác (phải trống) · Move the whole instance to another database (must be empty)
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// Words of `restore`.
#[derive(Args)]
pub struct RestoreArgs {
    /// Tệp sao lưu · Backup file
    file: PathBuf,
    /// Thay những gì đang có · Replace what is there
    #[arg(long)]
    force: bool,
}

/// Starts the server.
pub fn serve(context: &Context<'_>, a: &ServeArgs) -> Result<()> {
    let instance = if a.migrate { upgraded(context)? } else { context.open()? };
    crate::packs::load(&instance, true, &|_, _, _| {})?;
    let mail = mail_config(a.smtp.as_deref(), a.smtp_from.as_deref())?;
    let base_url = a.base_url.clone().unwrap_or_else(|| format!("http://{}", a.listen));
    let config = web::Config {
        base_url: base_url.clone(),
        secure_cookies: a.secure_cookies,
        place: a.place.clone(),
        second_factor: !a.second_factor_optional,
        idle_days: a.idle_days,
        invitation_days: a.invitation_days,
        mail: mail.is_some(),
        most_file: usize::from(a.most_file_mb) << 20,
        ..web::Config::default()
    };
    let nobody = !instance.store.read_blocking(access::any_account)?;
    let ready = || {
        say!("Lá Chắn: {base_url}/");
        if nobody {
            say!(
                "Chưa có tài khoản nào. Ở cửa sổ khác: lachan setup --database {} --province TỈNH --login TÊN --name \"HỌ TÊN\"",
                context.database
            );
        }
    };
    crate::serve::serve(&instance, config, a.listen, mail, ready)
}

/// Where mail goes, from the words or the environment (a password in an address is not for the list of processes).
pub(super) fn mail_config(smtp: Option<&str>, from: Option<&str>) -> Result<Option<work::MailConfig>> {
    let said = |word: Option<&str>, name| word.map(str::to_owned).or_else(|| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let from = said(from, "LACHAN_SMTP_FROM").unwrap_or_else(|| "la-chan@localhost".into());
    said(smtp, "LACHAN_SMTP").map(|url| work::MailConfig::parse(&url, &from)).transpose()
}

/// Says what is added, then adds it.
fn upgraded(context: &Context<'_>) -> Result<Instance> {
    let instance = Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds))?;
    if !instance.store.is_fresh()? {
        let pending = instance.pending()?;
        if !pending.is_empty() {
            say!("Nâng cấp cơ sở dữ liệu {}:\n{}", context.database, pending.to_string().trim_end());
        }
    }
    instance.migrate()?;
    Ok(instance)
}

/// Shows, applies or moves.
pub fn migrate(context: &Context<'_>, a: &MigrateArgs) -> Result<()> {
    if let Some(to) = &a.to {
        let instance = context.existing()?;
        let line = crate::progress::Progress::new();
        let moved = instance.store.migrate_to(to, &|table, rows| line.say(&format!("{table} {rows}")));
        line.end();
        moved?;
        eprintln!("Đã chuyển toàn bộ dữ liệu.");
        return Ok(());
    }
    let instance = Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds))?;
    say!("{}", instance.pending()?.to_string().trim_end());
    if a.apply {
        instance.migrate()?;
        say!("Đã áp dụng.");
    }
    Ok(())
}

/// One file with everything.
pub fn backup(context: &Context<'_>, file: &Path) -> Result<()> {
    // as it is: a backup before an upgrade must not upgrade
    context.as_it_is()?.store.backup(file)?;
    say!("Đã sao lưu vào {}", file.display());
    Ok(())
}

/// Brings a backup in.
pub fn restore(context: &Context<'_>, a: &RestoreArgs) -> Result<()> {
    Store::restore(&a.file, context.database, a.force, Arc::new(SystemClock), Arc::new(SystemIds))?;
    say!("Đã khôi phục {} vào {}", a.file.display(), context.database);
    Ok(())
}
