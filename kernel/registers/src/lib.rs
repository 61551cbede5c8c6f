//! Register definitions become tables, records, history, search, import and export
