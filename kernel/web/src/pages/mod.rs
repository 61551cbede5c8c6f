//! Pages of the kernel: sign-in, account, home, generic register pages, ledger, administration.

mod account;
mod admin;
mod bulk;
mod edit;
pub(crate) mod errors;
mod home;
mod ledger;
mod list;
mod notices;
mod record;
mod registers_index;
mod sign_in;
mod suggest;
mod transition;

use axum::Router;

use crate::app::App;

/// Routes of all these pages.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(home::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(admin::routes())
        .merge(bulk::routes())
        .merge(registers_index::routes())
        .merge(list::routes())
        .merge(record::routes())
        .merge(edit::routes())
        .merge(transition::routes())
        .merge(suggest::routes())
        .merge(ledger::routes())
        .merge(notices::routes())
}
