//! One SQL text for both engines: what is translated, and only outside quoted text.

use crate::Engine;

/// `$1` → `?1`.
pub(crate) fn sqlite_params(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quotes = Quotes::default();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if c == '$' && digit && quotes.outside() { '?' } else { c });
        quotes.see(c);
    }
    out
}

/// Portable column types → the engine's own. `BYTES` is BLOB or BYTEA. `TEXT` compares by bytes on both engines: SQLite
/// always does, PostgreSQL with collation "C" (which also lets an index serve `LIKE 'x%'`). Only upper case is a type.
pub(crate) fn native_ddl(sql: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut quotes = Quotes::default();
    let (mut word, mut previous) = (String::new(), String::new());
    for c in sql.chars().chain(['\n']) {
        if quotes.outside() && (c.is_ascii_alphanumeric() || c == '_') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push_str(&match (engine, word.as_str()) {
                (Engine::Sqlite, "BYTES") => "BLOB".to_owned(),
                (Engine::Postgres, "BYTES") => "BYTEA".to_owned(),
                // a CAST takes a type, not a collation
                (Engine::Postgres, "TEXT") if previous != "AS" => "TEXT COLLATE \"C\"".to_owned(),
                _ => word.clone(),
            });
            previous = std::mem::take(&mut word);
        }
        quotes.see(c);
        out.push(c);
    }
    out.pop();
    out
}

/// Statements of a migration: each ends with `;` at the end of a line. Lines that are only a comment are dropped.
pub(crate) fn statements(sql: &str) -> Vec<String> {
    let lines: Vec<&str> = sql.lines().map(str::trim_end).filter(|l| !l.trim_start().starts_with("--")).collect();
    let mut out = vec![];
    let mut current = String::new();
    for line in lines {
        current.push_str(line);
        if let Some(whole) = current.strip_suffix(';') {
            out.push(whole.trim().to_owned());
            current.clear();
        } else {
            current.push('\n');
        }
    }
    out.push(current.trim().to_owned());
    out.retain(|s| !s.is_empty());
    out
}

/// Follows `'…'` and `"…"`; a doubled quote inside leaves and enters again, which comes to the same.
#[derive(Default)]
struct Quotes(Option<char>);

impl Quotes {
    fn outside(&self) -> bool {
        self.0.is_none()
    }
    fn see(&mut self, c: char) {
        self.0 = match (self.0, c) {
            (None, '\'' | '"') => Some(c),
            (Some(q), c) if q == c => None,
            (same, _) => same,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_outside_quotes_only() {
        assert_eq!(sqlite_params("a = $1 AND b = '$2' AND \"$3\" = $12"), "a = ?1 AND b = '$2' AND \"$3\" = ?12");
        assert_eq!(sqlite_params("'it''s $1' || $2"), "'it''s $1' || ?2");
    }

    #[test]
    fn types_become_the_engines_own() {
        let sql =
            "CREATE TABLE t (id TEXT PRIMARY KEY, b BYTES, text BIGINT, BYTES_n TEXT DEFAULT ' TEXT BYTES', c DEFAULT (CAST(1 AS TEXT)))";
        assert_eq!(
            native_ddl(sql, Engine::Sqlite),
            "CREATE TABLE t (id TEXT PRIMARY KEY, b BLOB, text BIGINT, BYTES_n TEXT DEFAULT ' TEXT BYTES', c DEFAULT (CAST(1 AS TEXT)))"
        );
        assert_eq!(
            native_ddl(sql, Engine::Postgres),
            "CREATE TABLE t (id TEXT COLLATE \"C\" PRIMARY KEY, b BYTEA, text BIGINT, BYTES_n TEXT COLLATE \"C\" DEFAULT ' TEXT BYTES', c DEFAULT (CAST(1 AS TEXT)))"
        );
        assert_eq!(native_ddl("ALTER TABLE t ADD COLUMN n BYTES", Engine::Sqlite), "ALTER TABLE t ADD COLUMN n BLOB");
    }

    #[test]
    fn a_migration_is_cut_at_line_ends() {
        let all =
            statements("-- tables; of x\nCREATE TABLE a (\n  id TEXT\n);\r\nINSERT INTO a VALUES ('x;y');\n\nCREATE TABLE b (id TEXT)");
        assert_eq!(all, ["CREATE TABLE a (\n  id TEXT\n)", "INSERT INTO a VALUES ('x;y')", "CREATE TABLE b (id TEXT)"]);
    }
}
