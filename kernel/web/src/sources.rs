//! Embedding a module's TOML files.

/// The module's definitions, embedded: `sources!(registers: ["agency"], choices: ["agency_kind"])` reads
/// `registers/agency.toml` and `choices/agency_kind.toml` of the calling crate. A tidy check compares the list with the folder.
#[macro_export]
macro_rules! sources {
    ($($folder:ident : [$($name:literal),* $(,)?]),* $(,)?) => {
        vec![$($((
            concat!(env!("CARGO_PKG_NAME"), "/", stringify!($folder), "/", $name, ".toml"),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", stringify!($folder), "/", $name, ".toml")),
        )),*),*]
    };
}
