//! Who calls: a bearer token, or the session cookie of our own pages.

use std::sync::Arc;

use access::{Actor, Scope, Verb};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use registers::Registry;
use store::{Error, Result, Tx};

use crate::api::ApiFail;
use crate::app::App;
use crate::ctx::{MUST_CHANGE, MUST_ENROL, SESSION_COOKIE, Who, cookie, must_enrol};
use crate::i18n::Lang;

/// A signed-in caller of the API.
#[derive(Clone)]
pub struct Api {
    /// The instance.
    pub app: App,
    /// Who acts; narrowed to what the token keeps.
    pub actor: Actor,
}

impl Api {
    /// All definitions.
    pub fn reg(&self) -> &Arc<Registry> {
        &self.app.registry
    }
    /// Mints a scope, or says why not.
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        self.actor.may(verb, register)
    }
    fn who(&self) -> Who {
        Who { actor: self.actor.clone(), reg: self.app.registry.clone(), today: self.app.today(), lang: Lang::Vi }
    }
    /// Reads in a snapshot.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Who) -> Result<T> + Send + 'static) -> Result<T> {
        let who = self.who();
        self.app.store.read(move |tx| f(tx, &who)).await
    }
    /// Writes; on disk when it returns.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx, &Who) -> Result<T> + Send + 'static) -> Result<T> {
        let who = self.who();
        let r = self.app.store.write(move |tx| f(tx, &who)).await;
        self.app.forget_menu(&self.actor);
        r
    }
}

impl FromRequestParts<App> for Api {
    type Rejection = ApiFail;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, ApiFail> {
        let actor = match parts.headers.get(header::AUTHORIZATION) {
            Some(h) => by_token(app, h.to_str().unwrap_or("")).await?,
            None => by_cookie(app, parts).await?,
        };
        parts.extensions.insert(crate::uploads::Known(actor.clone()));
        Ok(Self { app: app.clone(), actor })
    }
}

async fn by_token(app: &App, header: &str) -> Result<Actor> {
    let token = match header.split_once(' ') {
        Some((kind, t)) if kind.eq_ignore_ascii_case("bearer") && !t.trim().is_empty() => t.trim().to_owned(),
        _ => return Err(Error::Unauthenticated),
    };
    let roles = app.roles.clone();
    let found = app.read(move |tx| access::actor_of_token(tx, &roles, &token)).await?.ok_or(Error::Unauthenticated)?;
    if found.stale {
        let id = found.token_id;
        app.touch(&id.clone(), move |tx| access::touch_token(tx, &id));
    }
    Ok(found.actor)
}

async fn by_cookie(app: &App, parts: &Parts) -> Result<Actor> {
    let token = cookie(&parts.headers, SESSION_COOKIE).ok_or(Error::Unauthenticated)?;
    let (roles, secret) = (app.roles.clone(), token.clone());
    let s = app.read(move |tx| access::actor_of_session(tx, &roles, &token)).await?.ok_or(Error::Unauthenticated)?;
    if s.account.must_change {
        return Err(Error::Forbidden(MUST_CHANGE.into()));
    }
    if must_enrol(app, &s) {
        return Err(Error::Forbidden(MUST_ENROL.into()));
    }
    if s.stale {
        app.touch(&s.session.id, move |tx| access::touch_session(tx, &secret));
    }
    Ok(s.actor)
}
