//! Work that outlives a request: events to subscribers, outgoing messages, notices, jobs, the schedule.
//!
//! Everything is a row written in the transaction that causes it; a [`Worker`] does the rest, and another one takes over
//! when it dies (see README.md).

mod event;
mod job;
mod mail;
mod migrations;
mod notice;
mod outbox;
mod schedule;
mod time;
mod worker;

#[cfg(test)]
mod tests;

pub use event::{Event, React, Subscriber, dead_events, revive_events};
pub use job::{Job, NewJob, enqueue, job, jobs, retry_job};
pub use mail::{Delivery, Letter, MailConfig, MailTls, Mailer, SmtpMailer};
pub use migrations::migrations;
pub use notice::{Notice, acknowledge, notice, notices, open_notices, read_all_notices, read_notice};
pub use outbox::{Channel, Message, OutboxRow, SECRET, cancel_event, notify, outbox, outbox_counts, resend, send_email};
pub use schedule::{Schedule, When};
pub use worker::{JobHandler, Outcome, Progress, Running, Worker};
