//! The whole crate against both engines, and e-mail against a server on loopback.

mod db;
mod events;
mod jobs;
mod mail;
mod messages;
mod sink;
