//! The whole crate against both engines.

mod accounts;
mod db;
mod sessions;
mod sign_in;
mod tokens;
