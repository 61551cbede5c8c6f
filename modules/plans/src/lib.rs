//! Plans: import, tasks, obligations
