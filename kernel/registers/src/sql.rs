//! The one builder of statements made at run time: texts are quoted identifiers of definitions, values are parameters.

use store::Value;

/// Identifier in double quotes. Ids are `[a-z][a-z0-9_]*` by the check of definitions; the quotes are doubled all the same.
pub(crate) fn quote(id: &str) -> String {
    format!("\"{}\"", id.replace('"', "\"\""))
}

/// A statement in the making.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sql {
    pub text: String,
    pub params: Vec<Value>,
}
impl Sql {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), params: vec![] }
    }
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }
    /// Adds a parameter and writes its `$n`.
    pub fn bind(&mut self, v: impl Into<Value>) -> &mut Self {
        self.params.push(v.into());
        let n = self.params.len();
        self.text.push_str(&format!("${n}"));
        self
    }
    /// `(a, b, c)` of parameters; `(NULL)` when there are none, which is equal to nothing.
    pub fn bind_list<V: Into<Value>>(&mut self, list: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        let mut any = false;
        for v in list {
            if any {
                self.push(", ");
            }
            any = true;
            self.bind(v);
        }
        if !any {
            self.push("NULL");
        }
        self.push(")")
    }
}

/// First text after all texts that start with `path` (which ends with `/`; `0` follows `/`).
pub(crate) fn after_prefix(path: &str) -> String {
    match path.strip_suffix('/') {
        Some(p) => format!("{p}0"),
        None => format!("{path}\u{10ffff}"),
    }
}
