//! The whole crate against both engines.

mod accounts;
mod db;
mod idle;
mod recover;
mod second;
mod sessions;
mod sign_in;
mod tokens;
