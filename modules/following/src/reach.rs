//! Whom to tell: accounts of contact points and heads, else the agency's own address.

use std::collections::BTreeMap;

use access::Actor;
use registers::Registry;
use store::{Result, Tx};
use work::{Channel, Message, notify, send_email};

use crate::one;

/// Accounts that answer for agencies, read once for many messages.
pub(crate) struct People(BTreeMap<String, Vec<String>>);

/// What telling came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// Notices and e-mails that are new.
    pub messages: usize,
    /// Names of agencies without an account and without an e-mail address.
    pub unreached: Vec<String>,
}

impl People {
    /// Contact points and heads of today, by agency.
    pub(crate) fn of(tx: &mut Tx) -> Result<Self> {
        let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (account, agency) in access::holders(tx, &["contact", "head"])? {
            if let Some(agency) = agency {
                let list = by.entry(agency).or_default();
                if !list.contains(&account) {
                    list.push(account);
                }
            }
        }
        Ok(Self(by))
    }

    /// Tells an agency by notice and e-mail. The same event tells the same person once.
    pub(crate) fn tell(&self, tx: &mut Tx, reg: &Registry, agency: &str, m: &Message<'_>, told: &mut Told) -> Result<()> {
        let accounts = self.0.get(agency).map(Vec::as_slice).unwrap_or_default();
        for account in accounts {
            told.messages += notify(tx, account, m, &[Channel::InApp, Channel::Email])?;
        }
        if accounts.is_empty() {
            let a = one(tx, reg, &Actor::system("following"), "agency", agency)?;
            match a.text("email") {
                Some(address) => told.messages += usize::from(send_email(tx, address, m)?),
                None => told.unreached.push(a.title),
            }
        }
        Ok(())
    }
}
