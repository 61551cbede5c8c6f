//! How a record gets onto the disk: row, link tables, path, ledger leaf, event, in the caller's transaction.

use access::{Actor, Scope, Verb};
use store::{Change, Engine, Error, Result, Tx};

use crate::Registry;
use crate::actions::Values;
use crate::body::{Derived, Raw};
use crate::definition::{FieldType, Transition};
use crate::model::{Model, Owner};
use crate::owner::{Agency, Cache, forget, owner_of, reaches};
use crate::read;
use crate::record::Data;
use crate::sql::{Sql, after_prefix, quote};
use crate::titles::{self, Titles, Wanted};
use crate::validate::{self, Errors, Work};

pub(crate) use store_sha::{hex, sha256};
mod store_sha {
    use sha2::{Digest, Sha256};
    pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
    pub(crate) fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Today in Vietnam.
pub(crate) fn today(tx: &Tx) -> String {
    calendar::instant::local_date(tx.now()).to_string()
}

fn outside() -> Error {
    Error::Forbidden(
        "Cơ quan của bản ghi này ngoài phạm vi bạn được giao. Chọn cơ quan thuộc phạm vi của bạn, hoặc nhờ cơ quan thường trực.".into(),
    )
}

/// One kind of write to one register by one actor.
pub(crate) struct Writer<'a> {
    pub reg: &'a Registry,
    pub m: &'a Model,
    pub actor: &'a Actor,
    pub scope: Scope,
    pub today: String,
    /// Id of the record to add; `None` = a new one.
    pub id: Option<String>,
}

impl<'a> Writer<'a> {
    pub fn new(tx: &mut Tx, reg: &'a Registry, actor: &'a Actor, verb: Verb, register: &str) -> Result<Self> {
        let m = reg.model(register)?;
        let scope = actor.may(verb, register)?;
        tx.will_append()?;
        Ok(Self { reg, m, actor, scope, today: today(tx), id: None })
    }

    fn work<'w>(&'w self, cache: &'w mut Cache) -> Work<'w> {
        Work { reg: self.reg, m: self.m, actor: self.actor, cache, today: &self.today }
    }

    /// The record as it stands, if this write may touch it. Who may not read it learns nothing about it.
    pub fn load(&self, tx: &mut Tx, id: &str, cache: &mut Cache) -> Result<(Raw, Option<Agency>)> {
        let found = read::load_for_update(tx, self.m, id)?;
        self.touchable(tx, found, cache)
    }

    /// The same without a lock, for questions in a read transaction.
    pub fn peek(&self, tx: &mut Tx, id: &str, cache: &mut Cache) -> Result<(Raw, Option<Agency>)> {
        let found = read::load(tx, self.m, id)?;
        self.touchable(tx, found, cache)
    }

    fn touchable(&self, tx: &mut Tx, found: Option<Raw>, cache: &mut Cache) -> Result<(Raw, Option<Agency>)> {
        let raw = found.filter(|r| r.deleted_at.is_none()).ok_or_else(|| read::not_found(self.m))?;
        let owner = owner_of(tx, self.reg, self.m, &raw, cache)?;
        if reaches(&self.scope, self.m, owner.as_ref()) {
            return Ok((raw, owner));
        }
        match self.actor.may(Verb::Read, &self.m.id) {
            Ok(read) if reaches(&read, self.m, owner.as_ref()) => Err(outside()),
            _ => Err(read::not_found(self.m)),
        }
    }

    /// Adds a record.
    pub fn create(&self, tx: &mut Tx, given: Values, cache: &mut Cache) -> Result<Raw> {
        let (raw, owner) = self.add(tx, given, cache)?;
        self.event(tx, &raw, owner.as_ref(), "create", &[])?;
        Ok(raw)
    }

    /// Adds a record without an event of its own; its id.
    pub fn create_quietly(&self, tx: &mut Tx, given: Values, cache: &mut Cache) -> Result<String> {
        Ok(self.add(tx, given, cache)?.0.id)
    }

    fn add(&self, tx: &mut Tx, mut given: Values, cache: &mut Cache) -> Result<(Raw, Option<Agency>)> {
        let mut raw = Raw::empty(self.m);
        raw.id = self.id.clone().unwrap_or_else(|| tx.new_id());
        raw.version = 1;
        raw.state = self.first_state(&mut given)?;
        let moved = raw.state.as_deref() != self.m.states.first().map(|s| s.0.as_str());
        (raw.created_at, raw.updated_at) = (tx.now(), tx.now());
        if self.m.confirm {
            // who enters it says that it is true
            raw.confirmed_on = Some(today(tx));
        }
        raw.created_by = self.actor.id.clone();
        raw.updated_by = self.actor.id.clone();
        let mut errors = Errors::default();
        let w = self.work(cache);
        validate::defaults(&w, &mut raw, &given);
        validate::lay(&w, &mut raw, given, &mut errors);
        let settled = self.settle(tx, &mut raw, None, errors, cache);
        if moved && self.actor.kind != access::ActorKind::System {
            match settled {
                Ok(ref owner) => self.may_start(&raw, owner.as_ref())?,
                // everything that is missing is said at once
                Err(Error::Invalid(mut list)) => {
                    if let Err(Error::Invalid(more)) = self.may_start(&raw, None) {
                        list.extend(more.into_iter().filter(|e| list.iter().all(|l| l.field != e.field)).collect::<Vec<_>>());
                    }
                    return Err(Error::Invalid(list));
                }
                Err(e) => return Err(e),
            }
        }
        let owner = settled?;
        self.insert(tx, &raw, cache)?;
        self.log(tx, &raw, None, "create", None)?;
        Ok((raw, owner))
    }

    /// A new record starts in the first state, or in one that the definition marks with `start`; only the program itself
    /// (demo, migration) starts anywhere.
    fn first_state(&self, given: &mut Values) -> Result<Option<String>> {
        let first = self.m.states.first().map(|s| s.0.clone());
        match given.remove("state") {
            Some(Data::Text(s)) if Some(&s) != first.as_ref() && !s.is_empty() => {
                if !self.m.states.iter().any(|(id, _)| *id == s) {
                    let near = crate::check::suggest(&s, self.m.states.iter().map(|(id, _)| id.as_str()));
                    return Err(Error::invalid("state", format!("Không có trạng thái “{s}”{near}")));
                }
                if self.actor.kind != access::ActorKind::System && !self.reg.get(&self.m.id)?.states.iter().any(|x| x.id == s && x.start) {
                    return Err(Error::invalid("state", self.starts()?));
                }
                Ok(Some(s))
            }
            _ => Ok(first),
        }
    }

    /// Which states a new record may have, as a sentence.
    fn starts(&self) -> Result<String> {
        let states = &self.reg.get(&self.m.id)?.states;
        let names: Vec<String> =
            states.iter().enumerate().filter(|(n, s)| *n == 0 || s.start).map(|(_, s)| format!("“{}”", s.label.vi)).collect();
        Ok(format!("Bản ghi mới chỉ bắt đầu ở {}; lưu xong rồi chuyển trạng thái.", names.join(" hoặc ")))
    }

    /// Starting in a later state asks for what one of the transitions into it asks for: role and fields. Steps for a second
    /// person lead nobody there alone.
    fn may_start(&self, raw: &Raw, owner: Option<&Agency>) -> Result<()> {
        self.actor.may(Verb::Transition, &self.m.id)?;
        let state = raw.state.as_deref().unwrap_or_default();
        let into = self.reg.get(&self.m.id)?.transitions.iter().filter(|t| t.to == state && !t.second_person);
        let missing = into
            .filter(|t| holds_role(self.actor, t, owner))
            .map(|t| t.demands.iter().filter(|d| crate::body::is_empty(&raw.value(self.m, d))).cloned().collect::<Vec<_>>());
        let label = self.m.state_label(state);
        let Some(missing) = missing.min_by_key(Vec::len) else {
            return Err(Error::Forbidden(format!("Vai trò của bạn không nhập được bản ghi mới ở trạng thái “{label}”.")));
        };
        let mut errors = Errors::default();
        for d in &missing {
            errors.add(self.m, d, &format!("cần nhập khi bản ghi bắt đầu ở trạng thái “{label}”."));
        }
        if errors.0.is_empty() { Ok(()) } else { Err(Error::Invalid(errors.0)) }
    }

    /// Validates a record that is about to be written; its owner after the change must be within the scope too.
    fn settle(&self, tx: &mut Tx, raw: &mut Raw, before: Option<&Raw>, mut errors: Errors, cache: &mut Cache) -> Result<Option<Agency>> {
        let mut w = self.work(cache);
        validate::fields(tx, &mut w, raw, before, &mut errors)?;
        let moved = before.is_none_or(|b| self.m.tree.is_some_and(|t| b.values[t] != raw.values[t]));
        if moved {
            validate::place(tx, &w, raw, &mut errors)?;
        }
        let owner = owner_of(tx, self.reg, self.m, raw, w.cache)?;
        // a link that may not be read was reported as no link at all: its owner is not spoken of
        let known = match &self.m.owner {
            Owner::Path(hops) => hops.first().is_none_or(|h| !errors.has(&h.0)),
            _ => true,
        };
        if known && owner.is_some() && !reaches(&self.scope, self.m, owner.as_ref()) {
            return Err(outside());
        }
        if errors.0.is_empty() && !reaches(&self.scope, self.m, owner.as_ref()) {
            return Err(outside());
        }
        crate::check::record_checks(tx, &mut w, raw, &mut errors)?;
        // a step may lead into what is frozen; an edit may not
        let stepped = before.is_some_and(|b| b.state != raw.state);
        for now in before.into_iter().chain((!stepped).then_some(&*raw)) {
            if let Err(Error::Invalid(list)) = self.not_frozen(tx, now) {
                errors.0.extend(list.into_iter().filter(|e| !errors.0.contains(e)).collect::<Vec<_>>());
            }
        }
        if errors.0.is_empty() {
            // a new row in SQLite is simply tried: a refused INSERT spoils nothing there
            if before.is_some() || tx.engine() == Engine::Postgres {
                validate::keys(tx, &mut w, raw, before, &mut errors)?;
            }
        }
        if errors.0.is_empty() { Ok(owner) } else { Err(Error::Invalid(errors.0)) }
    }

    /// Refuses while the definition's `[frozen]` holds of the record.
    pub fn not_frozen(&self, tx: &mut Tx, raw: &Raw) -> Result<()> {
        if self.actor.kind == access::ActorKind::System {
            return Ok(());
        }
        match crate::rules_bridge::frozen(tx, self.reg, self.m, raw, &self.today) {
            Some((field, message)) => Err(Error::invalid(field, message)),
            None => Ok(()),
        }
    }

    /// Changes a loaded record; `None` when nothing is different.
    #[expect(clippy::too_many_arguments, reason = "the parts of one change, named once here")]
    pub fn change(
        &self,
        tx: &mut Tx,
        before: &Raw,
        given: Values,
        action: &str,
        reason: Option<&str>,
        to: Option<&str>,
        cache: &mut Cache,
    ) -> Result<Option<Raw>> {
        let mut raw = before.clone();
        let mut errors = Errors::default();
        validate::lay(&self.work(cache), &mut raw, given, &mut errors);
        if let Some(state) = to {
            raw.state = Some(state.to_owned());
        }
        if raw == *before && errors.0.is_empty() {
            return Ok(None);
        }
        let owner = self.settle(tx, &mut raw, Some(before), errors, cache)?;
        self.save(tx, before, &mut raw, owner.as_ref(), action, reason, cache)?;
        Ok(Some(raw))
    }

    /// Writes a changed record over the one before.
    #[expect(clippy::too_many_arguments, reason = "the parts of one change, named once here")]
    pub fn save(
        &self,
        tx: &mut Tx,
        before: &Raw,
        raw: &mut Raw,
        owner: Option<&Agency>,
        action: &str,
        reason: Option<&str>,
        cache: &mut Cache,
    ) -> Result<()> {
        raw.version = before.version + 1;
        raw.updated_at = tx.now();
        raw.updated_by = self.actor.id.clone();
        forget(cache, &self.m.id, &raw.id);
        let old_title = titles::own_title(tx, self.reg, self.m, before, cache)?;
        let derived = derive(tx, self.reg, self.m, raw, cache)?;
        let renamed = old_title != titles::own_title(tx, self.reg, self.m, raw, cache)?;
        let mut params = raw.params(self.m, derived);
        params.push(before.version.into());
        if tx.exec(&self.m.update, &params)? != 1 {
            return Err(stale(tx, self.m, &raw.id, Some(&self.actor.id)));
        }
        crate::attachment::keep(tx, raw)?;
        for (i, f) in self.m.link_tables() {
            if before.values[i] != raw.values[i] {
                tx.exec(&format!("DELETE FROM {} WHERE \"owner\" = $1", self.m.link_table(&f.id)), &[raw.id.as_str().into()])?;
                insert_links(tx, self.m, &f.id, &raw.id, &raw.values[i])?;
            }
        }
        if before.path != raw.path {
            move_below(tx, self.m, before, raw)?;
        }
        self.log(tx, raw, Some(before), action, reason)?;
        let changed: Vec<&str> = self
            .m
            .fields
            .iter()
            .zip(before.values.iter().zip(&raw.values))
            .filter(|(_, (a, b))| a != b)
            .map(|(f, _)| f.id.as_str())
            .collect();
        self.event(tx, raw, owner, action, &changed)?;
        if renamed {
            refresh_titles(tx, self.reg, self.m, &raw.id, 0)?;
        }
        Ok(())
    }

    /// Writes the row and links of a new record, no leaf and no event.
    pub fn insert(&self, tx: &mut Tx, raw: &Raw, cache: &mut Cache) -> Result<()> {
        let derived = derive(tx, self.reg, self.m, raw, cache)?;
        match tx.exec(&self.m.insert, &raw.params(self.m, derived)) {
            Err(Error::Conflict(m)) if tx.engine() == Engine::Sqlite => {
                let mut errors = Errors::default();
                validate::keys(tx, &mut self.work(cache), raw, None, &mut errors)?;
                return Err(if errors.0.is_empty() { Error::Conflict(m) } else { Error::Invalid(errors.0) });
            }
            done => done?,
        };
        crate::attachment::keep(tx, raw)?;
        for (i, f) in self.m.link_tables() {
            insert_links(tx, self.m, &f.id, &raw.id, &raw.values[i])?;
        }
        forget(cache, &self.m.id, &raw.id);
        Ok(())
    }

    /// Appends the leaf: the body after, the hash before.
    pub fn log(&self, tx: &mut Tx, raw: &Raw, before: Option<&Raw>, action: &str, reason: Option<&str>) -> Result<i64> {
        let body = raw.canonical(self.m)?;
        let before = before.map(|b| b.canonical(self.m)).transpose()?.map(|b| sha256(b.as_bytes()));
        tx.append_change(&Change {
            register: &self.m.id,
            record: &raw.id,
            version: raw.version,
            action,
            who: &self.actor.id,
            reason,
            body: Some(&body),
            before,
        })
    }

    /// News for whoever wants it: names of changed fields, never their values.
    pub fn event(&self, tx: &mut Tx, raw: &Raw, owner: Option<&Agency>, kind: &str, changed: &[&str]) -> Result<()> {
        let body = serde_json::json!({ "version": raw.version, "state": raw.state, "changed": changed }).to_string();
        let id = tx.new_id();
        tx.exec(
            "INSERT INTO event (id, at, kind, register, record, agency, who, body, done) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)",
            &[
                id.into(),
                tx.now().into(),
                kind.into(),
                self.m.id.as_str().into(),
                raw.id.as_str().into(),
                owner.map(|a| a.id.clone()).into(),
                self.actor.id.as_str().into(),
                body.into(),
            ],
        )
        .map(drop)
    }
}

/// Does the actor hold one of the transition's roles where the record is, not just anywhere?
pub(crate) fn holds_role(actor: &Actor, t: &Transition, owner: Option<&Agency>) -> bool {
    let here = |g: &access::GrantInfo| match (&g.agency, &g.path, owner) {
        (None, None, _) | (_, Some(_), None) => true,
        (_, Some(p), Some(o)) => o.path.starts_with(p.as_str()),
        _ => false,
    };
    t.roles.is_empty() || actor.grants().iter().any(|g| t.roles.contains(&g.role) && here(g))
}

/// "Changed by … at …": the version asked for is not the present one.
pub(crate) fn stale(tx: &mut Tx, m: &Model, id: &str, me: Option<&str>) -> Error {
    let sql = format!("SELECT t.\"updated_at\", t.\"updated_by\" FROM {} t WHERE t.\"id\" = $1", m.table());
    let found = tx.query_opt(&sql, &[id.into()]).ok().flatten();
    let Some((at, who)) = found.and_then(|r| Some((r.get::<i64>(0).ok()?, r.get::<String>(1).ok()?))) else {
        return read::not_found(m);
    };
    let when = calendar::instant::to_vi(at);
    if me == Some(who.as_str()) {
        return Error::Conflict(format!("Chính bạn đã sửa bản ghi này lúc {when}. Mở lại bản ghi để xem, rồi sửa tiếp nếu còn cần."));
    }
    let name = if who.starts_with("system:") {
        "hệ thống".to_owned()
    } else {
        let row = tx.query_opt("SELECT name FROM account WHERE id = $1", &[who.as_str().into()]).ok().flatten();
        row.and_then(|r| r.get(0).ok()).unwrap_or(who)
    };
    Error::Conflict(format!("Bản ghi đã được {name} sửa lúc {when}. Mở lại bản ghi để xem thay đổi, rồi sửa tiếp."))
}

fn insert_links(tx: &mut Tx, m: &Model, field: &str, owner: &str, v: &Data) -> Result<()> {
    let Data::Links(ids) = v else { return Ok(()) };
    for (n, id) in ids.iter().enumerate() {
        let position = i64::try_from(n).unwrap_or(i64::MAX);
        let sql = format!("INSERT INTO {} (\"owner\", \"target\", \"position\") VALUES ($1, $2, $3)", m.link_table(field));
        tx.exec(&sql, &[owner.into(), id.as_str().into(), position.into()])?;
    }
    Ok(())
}

/// Paths of everything below a record that moved in the tree.
fn move_below(tx: &mut Tx, m: &Model, before: &Raw, raw: &Raw) -> Result<()> {
    let (Some(old), Some(new)) = (&before.path, &raw.path) else { return Ok(()) };
    let sql = format!("SELECT \"id\", \"path\" FROM {} WHERE \"path\" >= $1 AND \"path\" < $2", m.table());
    for row in tx.query(&sql, &[old.as_str().into(), after_prefix(old).into()])? {
        let (id, path): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(rest) = path.strip_prefix(old.as_str()) {
            let set = format!("UPDATE {} SET \"path\" = $2 WHERE \"id\" = $1", m.table());
            tx.exec(&set, &[id.into(), format!("{new}{rest}").into()])?;
        }
    }
    Ok(())
}

/// Search and sort columns of a record.
pub(crate) fn derive(tx: &mut Tx, reg: &Registry, m: &Model, raw: &Raw, cache: &mut Cache) -> Result<Derived> {
    let title = titles::own_title(tx, reg, m, raw, cache)?;
    let mut words = String::new();
    for (i, _) in m.fields.iter().enumerate().filter(|(_, f)| f.search) {
        if let Data::Text(s) = &raw.values[i] {
            words.push_str(if words.is_empty() { "" } else { " | " });
            words.push_str(s);
        }
    }
    let sorted = m.fields.iter().zip(&raw.values).filter(|(f, _)| f.sort_column);
    let sorts: Vec<String> = sorted
        .map(|(_, v)| match v {
            Data::Text(s) => cache.sort_key(&s.chars().take(80).collect::<String>()),
            _ => "~".into(),
        })
        .collect();
    let short: String = title.chars().take(80).collect();
    Ok(Derived {
        search: text::search_key(&words),
        title: if m.person { text::person_sort_key(&short) } else { cache.sort_key(&short) },
        sorts,
    })
}

/// A record got another title: what shows it in its own title sorts anew.
fn refresh_titles(tx: &mut Tx, reg: &Registry, m: &Model, id: &str, depth: usize) -> Result<()> {
    if depth > 3 {
        return Ok(());
    }
    for (register, field) in &m.shown_in {
        let other = reg.model(register)?;
        let sql = format!("SELECT {} FROM {} t WHERE t.{} = $1", other.select, other.table(), quote(field));
        for row in tx.query(&sql, &[id.into()])? {
            let raw = Raw::read(other, &row, 0)?;
            rederive(tx, reg, other, &raw, &mut Cache::default())?;
            refresh_titles(tx, reg, other, &raw.id, depth + 1)?;
        }
    }
    Ok(())
}

fn rederive(tx: &mut Tx, reg: &Registry, m: &Model, raw: &Raw, cache: &mut Cache) -> Result<()> {
    let d = derive(tx, reg, m, raw, cache)?;
    let mut sql = Sql::new("UPDATE ");
    sql.push(&m.table()).push(" SET \"search\" = ").bind(d.search).push(", \"sort_title\" = ").bind(d.title);
    for (f, v) in m.fields.iter().filter(|f| f.sort_column).zip(d.sorts) {
        sql.push(&format!(", {} = ", quote(&format!("{}__sort", f.id)))).bind(v);
    }
    sql.push(" WHERE \"id\" = ").bind(raw.id.as_str());
    tx.exec(&sql.text, &sql.params).map(drop)
}

/// Computes search and sort columns of a whole register again (after a migration).
pub(crate) fn derive_all(tx: &mut Tx, reg: &Registry, m: &Model) -> Result<()> {
    let mut cache = Cache::default();
    for raw in read::load_all(tx, m)? {
        rederive(tx, reg, m, &raw, &mut cache)?;
    }
    Ok(())
}

/// Goes over every record after a migration; those whose body is no longer what the ledger has get a new leaf.
pub(crate) fn relog(tx: &mut Tx, m: &Model, mut each: impl FnMut(&mut Tx, &mut Raw) -> Result<()>) -> Result<()> {
    let bump = format!("UPDATE {} SET \"version\" = $2, \"updated_at\" = $3, \"updated_by\" = $4 WHERE \"id\" = $1", m.table());
    let who = "system:migrate";
    for mut raw in read::load_all(tx, m)? {
        each(tx, &mut raw)?;
        let now = sha256(raw.canonical(m)?.as_bytes());
        let last = crate::history::last_hash(tx, &m.id, &raw.id)?;
        if last == Some(now) {
            continue;
        }
        raw.version += 1;
        tx.exec(&bump, &[raw.id.as_str().into(), raw.version.into(), tx.now().into(), who.into()])?;
        let body = raw.canonical(m)?;
        tx.append_change(&Change {
            register: &m.id,
            record: &raw.id,
            version: raw.version,
            action: "migrate",
            who,
            reason: None,
            body: Some(&body),
            before: last,
        })?;
    }
    Ok(())
}

/// Live records elsewhere that point here: the label of the first register found.
pub(crate) fn referrer(tx: &mut Tx, reg: &Registry, m: &Model, id: &str) -> Result<Option<String>> {
    for (register, field) in &m.referrers {
        let other = reg.model(register)?;
        let many = other.field(field).is_some_and(|f| matches!(f.kind, FieldType::Links(_)));
        let sql = if many {
            format!(
                "SELECT 1 FROM {} l JOIN {} t ON t.\"id\" = l.\"owner\" WHERE l.\"target\" = $1 AND t.\"deleted_at\" IS NULL AND t.\"id\" <> $1 LIMIT 1",
                other.link_table(field),
                other.table()
            )
        } else {
            format!(
                "SELECT 1 FROM {} t WHERE t.{} = $1 AND t.\"deleted_at\" IS NULL AND t.\"id\" <> $1 LIMIT 1",
                other.table(),
                quote(field)
            )
        };
        if tx.query_opt(&sql, &[id.into()])?.is_some() {
            return Ok(Some(other.label.clone()));
        }
    }
    Ok(None)
}

/// Titles needed for the sort key of one record, from the cache or the database.
pub(crate) fn linked_titles(tx: &mut Tx, reg: &Registry, m: &Model, raw: &Raw, cache: &mut Cache) -> Result<Titles> {
    let mut wanted = Wanted::new();
    titles::title_links(m, raw, &mut wanted);
    let mut out = Titles::new();
    for (register, ids) in &mut wanted {
        ids.retain(|id| match cache.titles.get(&(register.clone(), id.clone())) {
            Some(t) => {
                out.insert((register.clone(), id.clone()), t.clone());
                false
            }
            None => true,
        });
    }
    wanted.retain(|_, ids| !ids.is_empty());
    if !wanted.is_empty() {
        for (k, t) in titles::fetch(tx, reg, None, &wanted)? {
            cache.titles.insert(k.clone(), t.clone());
            out.insert(k, t);
        }
    }
    Ok(out)
}
