//! Accounts, sign-in, roles, scopes, masking; the only mint of a Scope
