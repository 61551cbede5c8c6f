//! Pages of the kernel: sign-in, account, home, generic register pages, ledger, administration.

mod account;
pub(crate) mod admin;
mod bulk;
mod duplicates;
mod edit;
pub(crate) mod errors;
mod files;
mod home;
mod idle;
mod leaving;
mod ledger;
mod list;
mod new_account;
mod notices;
mod record;
mod recover;
mod registers_index;
mod second;
mod sign_in;
mod suggest;
mod transition;
mod verification;

pub use files::run_import;
pub(crate) use files::workbook;
pub use leaving::{close_and_hand_over, reasons as reasons_to_review};
pub use verification::{VERIFY_JOB, verify_job};

use axum::Router;

use crate::app::App;

/// Routes of all these pages.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(second::routes())
        .merge(admin::routes())
        .merge(new_account::routes())
        .merge(recover::routes())
        .merge(leaving::routes())
        .merge(idle::routes())
        .merge(bulk::routes())
        .merge(duplicates::routes())
        .merge(files::routes())
        .merge(registers_index::routes())
        .merge(list::routes())
        .merge(record::routes())
        .merge(edit::routes())
        .merge(transition::routes())
        .merge(suggest::routes())
        .merge(ledger::routes())
        .merge(notices::routes())
}
