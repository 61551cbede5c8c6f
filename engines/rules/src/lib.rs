//! The rule language: parse, check, compile to SQL, evaluate one record, say it in Vietnamese
