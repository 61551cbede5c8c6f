//! The whole crate against both engines, and e-mail against a server on loopback.

mod db;
mod events;
mod jobs;
mod mail;
mod mail_tls;
mod messages;
mod sink;
