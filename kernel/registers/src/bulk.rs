//! Many records of one register in one transaction: the same checks, what was looked up once is kept.

use access::{Actor, Verb};
use store::{Result, Tx};

use crate::Registry;
use crate::actions::Values;
use crate::owner::Cache;
use crate::write::Writer;

/// Adds records of one register: scope, validation and ledger as in [`crate::actions::create`], but owners, linked
/// records and titles are looked up once, and one event tells of all (`kind = "bulk"`, no record id).
pub struct BulkWriter<'a> {
    writer: Writer<'a>,
    cache: Cache,
    count: i64,
}

impl<'a> BulkWriter<'a> {
    /// For one transaction: what it remembers is not valid in another.
    pub fn new(tx: &mut Tx, reg: &'a Registry, actor: &'a Actor, register: &str) -> Result<Self> {
        Ok(Self { writer: Writer::new(tx, reg, actor, Verb::Create, register)?, cache: Cache::default(), count: 0 })
    }
    /// Adds one record; its id. After an error that is not `Invalid` the transaction must be given up.
    pub fn create(&mut self, tx: &mut Tx, values: Values) -> Result<String> {
        let id = self.writer.create_quietly(tx, values, &mut self.cache)?;
        self.count += 1;
        Ok(id)
    }
    /// Tells of the records; how many they were.
    pub fn finish(self, tx: &mut Tx) -> Result<i64> {
        if self.count > 0 {
            let id = tx.new_id();
            let body = serde_json::json!({ "count": self.count }).to_string();
            tx.exec(
                "INSERT INTO event (id, at, kind, register, record, agency, who, body, done) VALUES ($1, $2, 'bulk', $3, '', NULL, $4, $5, NULL)",
                &[id.into(), tx.now().into(), self.writer.m.id.as_str().into(), self.writer.actor.id.as_str().into(), body.into()],
            )?;
        }
        Ok(self.count)
    }
}
