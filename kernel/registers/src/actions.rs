//! The one door to records: may → load → rule → store → ledger → event, in the caller's transaction.
//! Web, API, CLI, import, jobs and demo data all call these.

use std::collections::BTreeMap;

use access::{Actor, Scope};
use store::{Result, Tx};

use crate::{Data, HistoryEntry, ListPage, Query, Record, Registry};

/// Field values by id, from a form, a JSON body or a row of a file.
pub type Values = BTreeMap<String, Data>;

/// Adds a record in its first state. `idempotency` = the same key and values give the same record again.
pub fn create(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _values: Values, _idempotency: Option<&str>) -> Result<Record> { todo!() }
/// Changes fields. `version` must be the present one (`Conflict` otherwise). Unchanged values write nothing.
pub fn update(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _id: &str, _version: i64, _values: Values, _reason: Option<&str>) -> Result<Record> { todo!() }
/// Moves to another state by transition id, with the fields it demands.
pub fn transition(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _id: &str, _version: i64, _transition: &str, _values: Values, _reason: Option<&str>) -> Result<Record> { todo!() }
/// "Still true": sets `confirmed_on` to today.
pub fn confirm(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _id: &str) -> Result<Record> { todo!() }
/// Withdraws a record (kept in history, out of lists and figures).
pub fn delete(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _id: &str, _version: i64, _reason: &str) -> Result<()> { todo!() }
/// The same change to many records, all or nothing.
pub fn bulk_update(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _ids: &[String], _values: Values, _reason: Option<&str>) -> Result<usize> { todo!() }

/// One record in scope, masked. The scope must have been minted for this register with `Read`.
pub fn get(_tx: &mut Tx, _reg: &Registry, _scope: &Scope, _id: &str) -> Result<Record> { todo!() }
/// A page of records in scope, masked.
pub fn list(_tx: &mut Tx, _reg: &Registry, _scope: &Scope, _query: &Query) -> Result<ListPage> { todo!() }
/// How many match, in scope.
pub fn count(_tx: &mut Tx, _reg: &Registry, _scope: &Scope, _query: &Query) -> Result<i64> { todo!() }
/// History of a record in scope, newest first.
pub fn history(_tx: &mut Tx, _reg: &Registry, _scope: &Scope, _id: &str) -> Result<Vec<HistoryEntry>> { todo!() }
/// Shows personal fields in clear; needs verb `Unmask`; writes a ledger leaf with the reason.
pub fn unmask(_tx: &mut Tx, _reg: &Registry, _actor: &Actor, _register: &str, _id: &str, _reason: &str) -> Result<Record> { todo!() }
/// Up to `limit` records for a link field's picker: id and title, matching the words, within what the actor may read.
pub fn suggest(_tx: &mut Tx, _reg: &Registry, _scope: &Scope, _words: &str, _limit: u32) -> Result<Vec<(String, String)>> { todo!() }
