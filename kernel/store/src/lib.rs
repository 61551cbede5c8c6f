//! The one door to SQLite and PostgreSQL
