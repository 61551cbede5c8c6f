//! Budget lines
