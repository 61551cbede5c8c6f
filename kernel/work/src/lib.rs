//! Outbox, jobs, schedule, notices, mail
