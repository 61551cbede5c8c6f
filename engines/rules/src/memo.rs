//! The last statement of a rate: writing the text takes longer than a small count, and the same question comes again and again.

use std::sync::{Mutex, PoisonError};

use crate::ctx::Ctx;
use crate::sql::Statement;

/// One place; never part of what a rate is.
#[derive(Default)]
pub(crate) struct Memo(Mutex<Option<(Ctx, Statement)>>);

impl Memo {
    /// The statement for this question: the one kept, or a new one, kept from now on.
    pub(crate) fn get(&self, ctx: &Ctx, write: impl FnOnce() -> Statement) -> Statement {
        if let Some((_, kept)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|(of, _)| of == ctx) {
            return kept.clone();
        }
        let new = write();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((ctx.clone(), new.clone()));
        new
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_question_is_written_anew() {
        let memo = Memo::default();
        let written = |sql: &str| Statement { sql: sql.into(), params: vec![] };
        let (one, two) = (Ctx::on("2026-11-22"), Ctx::on("2026-11-23"));
        assert_eq!(memo.get(&one, || written("a")).sql, "a");
        assert_eq!(memo.get(&one, || written("b")).sql, "a");
        assert_eq!(memo.get(&two, || written("b")).sql, "b");
        let empty = Ctx { empty: ["person".to_owned()].into(), ..two };
        assert_eq!(memo.get(&empty, || written("c")).sql, "c");
    }
}
