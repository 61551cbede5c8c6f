//! Records from the command line, through the same actions as pages and API.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::{Scope, Verb};
use clap::{Args, Subcommand};
use registers::actions::{self, Values};
use registers::{Attachment, Data, Definition, FieldType, Filter, ListPage, Op, Query, Record, Registry, files};
use serde_json::json;
use store::{Error, FieldError, Result, Tx};

use super::out::say;
use super::{Context, print_json};

/// Words of `record`.
#[derive(Args)]
pub struct RecordArgs {
    #[command(subcommand)]
    word: RecordWord,
}

#[derive(Args, Clone, Default)]
struct ListArgs {
    /// Có thể nêu nhiều lần · field=value, may be given again
    #[arg(long)]
    filter: Vec<String>,
    /// Từ cần tìm · Words to search
    #[arg(long, short)]
    q: Option<String>,
    /// Điều kiện bằng ngôn ngữ quy tắc · Condition in the rule language
    #[arg(long = "where")]
    rule: Option<String>,
    /// Bản ghi có hiệu lực ngày này (hoặc `all`) · Dated records valid on this day (or `all`)
    #[arg(long)]
    as_of: Option<String>,
    /// Số dòng nhiều nhất (xuất tệp thì đủ cả) · Most rows of a list (an export has all)
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

#[derive(Subcommand)]
enum RecordWord {
    /// Danh sách một sổ · List a register
    List {
        register: String,
        #[command(flatten)]
        list: ListArgs,
    },
    /// Một bản ghi · One record
    Get { register: String, id: String },
    /// Thêm bản ghi · Add a record
    Create {
        register: String,
        #[arg(long)]
        set: Vec<String>,
    },
    /// Sửa trường · Change fields
    Update {
        register: String,
        id: String,
        #[arg(long)]
        set: Vec<String>,
        #[arg(long)]
        reason: Option<String>,
        /// Từ chối khi bản ghi đã sang phiên bản khác (mặc định: phiên bản hiện tại) · Refuse when the record is no longer at this version (default: the present one)
        #[arg(long)]
        version: Option<i64>,
    },
    /// Chuyển trạng thái · Move to another state
    Transition {
        register: String,
        id: String,
        transition: String,
        #[arg(long)]
        set: Vec<String>,
        #[arg(long)]
        reason: Option<String>,
        /// Từ chối khi bản ghi đã sang phiên bản khác (mặc định: phiên bản hiện tại) · Refuse when the record is no longer at this version (default: the present one)
        #[arg(long)]
        version: Option<i64>,
    },
    /// Xác nhận còn đúng · "Still true"
    Confirm { register: String, id: String },
    /// Rút bản ghi · Withdraw
    Delete {
        register: String,
        id: String,
        #[arg(long)]
        reason: String,
        /// Từ chối khi bản ghi đã sang phiên bản khác (mặc định: phiên bản hiện tại) · Refuse when the record is no longer at this version (default: the present one)
        #[arg(long)]
        version: Option<i64>,
    },
    /// Ai đã sửa gì · Who changed what
    History { register: String, id: String },
    /// Thêm tệp vào trường tệp (trường một tệp thì thay) · Add a file to a field of files (a single one is replaced)
    Attach {
        register: String,
        id: String,
        field: String,
        file: PathBuf,
        #[arg(long)]
        reason: Option<String>,
        /// Từ chối khi bản ghi đã sang phiên bản khác (mặc định: phiên bản hiện tại) · Refuse when the record is no longer at this version (default: the present one)
        #[arg(long)]
        version: Option<i64>,
    },
    /// Lưu tệp của bản ghi ra đĩa; không nêu SHA-256 thì lấy tệp đầu của trường · Save a file of a record; without SHA-256 the first one of the field
    File {
        register: String,
        id: String,
        field: String,
        /// Ghi vào đâu · Where to
        out: PathBuf,
        #[arg(long)]
        sha256: Option<String>,
    },
}

/// Words of `import`.
#[derive(Args)]
pub struct ImportArgs {
    register: String,
    file: PathBuf,
    /// Lưu thật; bỏ trống thì chỉ có báo cáo thử · Save; without it only the report is made
    #[arg(long)]
    apply: bool,
}

/// Words of `export`.
#[derive(Args)]
pub struct ExportArgs {
    register: String,
    file: PathBuf,
    #[command(flatten)]
    list: ListArgs,
}

/// Words of `template`.
#[derive(Args)]
pub struct TemplateArgs {
    register: String,
    file: PathBuf,
}

impl ListArgs {
    fn query(&self) -> Result<Query> {
        let filters = self
            .filter
            .iter()
            .map(|f| match f.split_once('=') {
                Some((field, value)) => Ok(Filter { field: field.into(), op: Op::Is, values: vec![value.into()] }),
                None => Err(Error::BadRequest(format!("«{f}»: viết --filter trường=giá trị"))),
            })
            .collect::<Result<_>>()?;
        Ok(Query {
            filters,
            search: self.q.clone(),
            predicate: self.rule.clone(),
            as_of: self.as_of.clone(),
            limit: Some(self.limit),
            ..Query::default()
        })
    }
}

/// As many rows as were asked for: `actions::list` gives at most 500 at a time.
fn pages(tx: &mut Tx, reg: &Registry, scope: &Scope, list: &ListArgs) -> Result<ListPage> {
    let mut query = list.query()?;
    let most = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut page = actions::list(tx, reg, scope, &query)?;
    while page.items.len() < most
        && let Some(next) = page.next.take()
    {
        query.after = Some(next);
        query.limit = Some(u32::try_from(most - page.items.len()).unwrap_or(u32::MAX));
        let more = actions::list(tx, reg, scope, &query)?;
        page.items.extend(more.items);
        page.next = more.next;
    }
    Ok(page)
}

/// `field=value` pairs in the types of the definition.
fn values(def: &Definition, set: &[String]) -> Result<Values> {
    let mut out = Values::new();
    let mut wrong = Vec::new();
    for s in set {
        let Some((field, value)) = s.split_once('=') else {
            return Err(Error::BadRequest(format!("«{s}»: viết --set trường=giá trị")));
        };
        match data(def, field, value) {
            Ok(d) => drop(out.insert(field.to_owned(), d)),
            Err(message) => wrong.push(FieldError { field: field.to_owned(), message: format!("{field}: {message}") }),
        }
    }
    if wrong.is_empty() { Ok(out) } else { Err(Error::Invalid(wrong)) }
}

fn data(def: &Definition, field: &str, value: &str) -> Result<Data, String> {
    if value.is_empty() {
        return Ok(Data::Null);
    }
    let kind = def.fields.iter().find(|f| f.id == field).map(|f| &f.kind);
    Ok(match kind {
        Some(FieldType::Integer | FieldType::Money | FieldType::Year) => {
            Data::Int(text::parse_integer_vi(value).map_err(|e| e.to_string())?)
        }
        Some(FieldType::Decimal) => Data::Real(text::parse_number_vi(value).map_err(|e| e.to_string())?),
        Some(FieldType::Bool) => Data::Bool(match text::fold(value).as_str() {
            "true" | "1" | "co" | "yes" => true,
            "false" | "0" | "khong" | "no" => false,
            _ => return Err("Viết có hoặc không.".into()),
        }),
        Some(FieldType::Date) => Data::Text(text::parse_date_vi(value).map_err(|e| e.to_string())?),
        Some(FieldType::Links(_)) => Data::Links(value.split(',').map(|v| v.trim().to_owned()).collect()),
        // `--set file=@quyet-dinh.pdf`, as with curl
        Some(FieldType::File | FieldType::Files) => {
            let path = value.strip_prefix('@').ok_or("viết @ rồi đường dẫn tệp, ví dụ file=@quyet-dinh.pdf.")?;
            Data::Files(vec![attachment(Path::new(path)).map_err(|e| e.to_string())?])
        }
        _ => Data::Text(value.to_owned()),
    })
}

fn attachment(path: &Path) -> Result<Attachment> {
    let bytes = std::fs::read(path).map_err(|e| Error::BadRequest(format!("Không đọc được tệp {}: {e}", path.display())))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Attachment::upload(&name, bytes).map_err(|e| Error::invalid("file", e))
}

fn show(json: bool, r: &Record) {
    if json {
        print_json(&json!(r));
        return;
    }
    say!("{}  {}  [{}] v{}", r.id, r.title, r.state.as_deref().unwrap_or("–"), r.version);
    for (k, v) in &r.fields {
        if *v != Data::Null {
            say!("  {k} = {}", json!(v));
        }
    }
}

/// `lachan record …`.
pub fn record(context: &Context<'_>, a: &RecordArgs) -> Result<()> {
    let instance = context.open()?;
    let actor = context.actor(&instance)?;
    let (reg, json) = (Arc::clone(&instance.registry), context.json);
    let store = &instance.store;
    match &a.word {
        RecordWord::List { register, list } => {
            let page = store.read_blocking(|tx| pages(tx, &reg, &actor.may(Verb::Read, register)?, list))?;
            if json {
                print_json(&json!(page));
            } else {
                for r in &page.items {
                    say!("{}  {}", r.id, r.title);
                }
                say!("{} / {}", page.items.len(), page.total);
            }
        }
        RecordWord::Get { register, id } => {
            show(json, &store.read_blocking(|tx| actions::get(tx, &reg, &actor.may(Verb::Read, register)?, id))?)
        }
        RecordWord::File { register, id, field, out, sha256 } => {
            let (a, bytes) = store.read_blocking(|tx| {
                let scope = actor.may(Verb::Read, register)?;
                let first = actions::get(tx, &reg, &scope, id)?.files(field).first().map(|a| a.sha256().to_owned());
                let sha = sha256.clone().or(first).ok_or_else(|| Error::NotFound("Bản ghi không có tệp ở trường này.".into()))?;
                actions::attachment(tx, &reg, &scope, id, field, &sha)
            })?;
            save(out, &bytes)?;
            say!("{}  {} byte  sha256 {}", a.name(), a.size(), a.sha256());
        }
        RecordWord::History { register, id } => {
            for h in store.read_blocking(|tx| actions::history(tx, &reg, &actor.may(Verb::Read, register)?, id))? {
                print_json(&json!(h));
            }
        }
        word => return change(context, &instance, actor, word),
    }
    Ok(())
}

fn change(context: &Context<'_>, instance: &crate::instance::Instance, actor: access::Actor, word: &RecordWord) -> Result<()> {
    let reg = Arc::clone(&instance.registry);
    let store = &instance.store;
    let version = |register: &str, id: &str, named: Option<i64>| -> Result<i64> {
        if let Some(v) = named {
            return Ok(v);
        }
        store.read_blocking(|tx| actions::get(tx, &reg, &actor.may(Verb::Read, register)?, id).map(|r| r.version))
    };
    let (r, a) = (Arc::clone(&reg), actor.clone());
    let done = match word {
        RecordWord::Create { register, set } => {
            let (register, values) = (register.clone(), values(reg.get(register)?, set)?);
            Some(store.write_blocking(move |tx| actions::create(tx, &r, &a, &register, values, None))?)
        }
        RecordWord::Update { register, id, set, reason, version: named } => {
            let (v, values) = (version(register, id, *named)?, values(reg.get(register)?, set)?);
            let (register, id, reason) = (register.clone(), id.clone(), reason.clone());
            Some(store.write_blocking(move |tx| actions::update(tx, &r, &a, &register, &id, v, values, reason.as_deref()))?)
        }
        RecordWord::Transition { register, id, transition, set, reason, version: named } => {
            let (v, values) = (version(register, id, *named)?, values(reg.get(register)?, set)?);
            let (register, id, transition, reason) = (register.clone(), id.clone(), transition.clone(), reason.clone());
            Some(store.write_blocking(move |tx| actions::step(tx, &r, &a, &register, &id, v, &transition, values, reason.as_deref()))?)
        }
        RecordWord::Attach { register, id, field, file, reason, version: named } => {
            let new = attachment(file)?;
            let now = store.read_blocking(|tx| actions::get(tx, &reg, &actor.may(Verb::Read, register)?, id))?;
            let many = reg.get(register)?.fields.iter().any(|f| f.id == *field && f.kind == FieldType::Files);
            let mut list = if many { now.files(field).to_vec() } else { vec![] };
            list.push(new);
            let values = Values::from([(field.clone(), Data::Files(list))]);
            let (register, id, reason, v) = (register.clone(), id.clone(), reason.clone(), named.unwrap_or(now.version));
            Some(store.write_blocking(move |tx| actions::update(tx, &r, &a, &register, &id, v, values, reason.as_deref()))?)
        }
        RecordWord::Confirm { register, id } => {
            let (register, id) = (register.clone(), id.clone());
            Some(store.write_blocking(move |tx| actions::confirm(tx, &r, &a, &register, &id))?)
        }
        RecordWord::Delete { register, id, reason, version: named } => {
            let v = version(register, id, *named)?;
            let (register, id, reason) = (register.clone(), id.clone(), reason.clone());
            store.write_blocking(move |tx| actions::delete(tx, &r, &a, &register, &id, v, &reason))?;
            None
        }
        RecordWord::List { .. } | RecordWord::Get { .. } | RecordWord::History { .. } | RecordWord::File { .. } => None,
    };
    if let Some(r) = done {
        show(context.json, &r);
    }
    Ok(())
}

fn save(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|e| Error::Unavailable(format!("Không ghi được {}: {e}", file.display())))
}

/// Where and what; a cell that is not in the file has a field but no column letter.
fn row_error(line: u32, e: &files::CellError) -> String {
    let place = match (e.column.as_str(), e.label.as_str()) {
        ("", "") => String::new(),
        ("", label) => format!(", {label}"),
        (column, "") => format!(", cột {column}"),
        (column, label) => format!(", cột {column} ({label})"),
    };
    format!("dòng {line}{place}: {} {}", e.what, e.remedy).trim_end().to_owned()
}

/// `lachan import`: dry run, or apply with progress.
pub fn import(context: &Context<'_>, a: &ImportArgs) -> Result<()> {
    let instance = context.open()?;
    let actor = context.actor(&instance)?;
    let bytes = std::fs::read(&a.file).map_err(|e| Error::BadRequest(format!("Không đọc được tệp {}: {e}", a.file.display())))?;
    let name = a.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let reg = Arc::clone(&instance.registry);
    let report = if a.apply {
        let line = crate::progress::Progress::new();
        let tell = |j: &files::job::Job| line.say(&format!("{}/{}", j.done_rows, j.total));
        let done = files::job::import_file(&instance.store, &reg, &actor, &a.register, &name, bytes, tell);
        line.end();
        done?
    } else {
        let sheet = files::read(&reg, &a.register, &bytes)?;
        files::dry_run(&instance.store, &reg, &actor, &a.register, sheet)?
    };
    if context.json {
        print_json(&json!(report));
    } else {
        for n in &report.notes {
            say!("{n}");
        }
        for row in report.rows.iter().filter(|r| !r.errors.is_empty()) {
            for e in &row.errors {
                say!("{}", row_error(row.line, e));
            }
        }
        let c = &report.counts;
        say!(
            "mới {}, sửa {}, không đổi {}, lỗi {}{}",
            c.create,
            c.update,
            c.unchanged,
            c.error,
            if a.apply { "" } else { " (chạy thử, chưa lưu; thêm --apply để lưu)" }
        );
    }
    if report.counts.error > 0 {
        Err(Error::invalid("", format!("{} dòng có lỗi, chưa được lưu.", report.counts.error)))
    } else {
        Ok(())
    }
}

/// `lachan export`.
pub fn export(context: &Context<'_>, a: &ExportArgs) -> Result<()> {
    let instance = context.existing()?;
    let actor = context.actor(&instance)?;
    let query = a.list.query()?;
    let book = instance.store.read_blocking(|tx| files::export(tx, &instance.registry, &actor, &a.register, &query))?;
    save(&a.file, &book.to_xlsx().map_err(Error::internal)?)
}

/// `lachan template`.
pub fn template(context: &Context<'_>, a: &TemplateArgs) -> Result<()> {
    let _ = context;
    let reg = crate::instance::registry()?;
    save(&a.file, &files::template(&reg, &a.register)?.to_xlsx().map_err(Error::internal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_types_of_the_definition() {
        let reg = crate::instance::registry().unwrap();
        let def = reg.get("budget_line").unwrap();
        let v = values(def, &["amount=1.200.000".into(), "security=có".into(), "name=Tường lửa".into()]).unwrap();
        assert_eq!(v["amount"], Data::Int(1_200_000));
        assert_eq!(v["security"], Data::Bool(true));
        assert_eq!(v["name"], Data::Text("Tường lửa".into()));
        assert!(matches!(values(def, &["amount=abc".into()]), Err(Error::Invalid(_))));
        assert!(matches!(values(def, &["amount".into()]), Err(Error::BadRequest(_))));
    }

    #[test]
    fn a_filter_is_field_and_value_and_the_value_may_hold_an_equals_sign() {
        let list = ListArgs { filter: vec!["name=a=b".into()], limit: 7, ..ListArgs::default() };
        let q = list.query().unwrap();
        assert_eq!((q.filters[0].field.as_str(), q.filters[0].values.as_slice(), q.limit), ("name", &["a=b".to_owned()][..], Some(7)));
        let list = ListArgs { filter: vec!["name".into()], ..ListArgs::default() };
        assert!(matches!(list.query(), Err(Error::BadRequest(_))));
    }

    #[test]
    fn an_error_names_what_place_it_has() {
        let e = |column: &str, label: &str, remedy: &str| files::CellError {
            column: column.into(),
            label: label.into(),
            what: "sai.".into(),
            remedy: remedy.into(),
        };
        assert_eq!(row_error(2, &e("B", "Tên", "Sửa.")), "dòng 2, cột B (Tên): sai. Sửa.");
        assert_eq!(row_error(2, &e("", "Tên", "")), "dòng 2, Tên: sai.");
        assert_eq!(row_error(2, &e("", "", "")), "dòng 2: sai.");
    }

    #[test]
    fn a_list_goes_on_past_one_page_and_stops_at_the_limit() {
        let dir = std::env::temp_dir().join(format!("lachan-records-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = dir.join("a.db");
        let instance =
            crate::instance::Instance::open(&url.to_string_lossy(), Arc::new(store::SystemClock), Arc::new(store::SystemIds)).unwrap();
        let (reg, system) = (Arc::clone(&instance.registry), access::Actor::system("test"));
        let (r, who) = (Arc::clone(&reg), system.clone());
        instance
            .store
            .write_blocking(move |tx| {
                (0..620).try_for_each(|n| {
                    let v = Values::from([
                        ("code".to_owned(), Data::Text(format!("{n:04}"))),
                        ("name".to_owned(), Data::Text(format!("Chứng nhận {n:04}"))),
                        ("origin".to_owned(), Data::Text("province".into())),
                    ]);
                    actions::create(tx, &r, &who, "certificate_kind", v, None).map(drop)
                })
            })
            .unwrap();
        let ask = |limit| {
            let list = ListArgs { limit, ..ListArgs::default() };
            instance.store.read_blocking(|tx| pages(tx, &reg, &system.may(Verb::Read, "certificate_kind")?, &list)).unwrap()
        };
        let all = ask(10_000);
        let ids: std::collections::BTreeSet<_> = all.items.iter().map(|r| &r.id).collect();
        assert_eq!((all.items.len(), ids.len(), all.next.is_none(), all.total), (620, 620, true, 620));
        let some = ask(510);
        assert_eq!((some.items.len(), some.next.is_some()), (510, true));
        assert_eq!(ask(3).items.len(), 3);
        instance.store.close();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
