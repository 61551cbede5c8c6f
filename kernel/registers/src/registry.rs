//! All definitions of the instance, checked together.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::{Error, Result};

use crate::definition::{ChoiceList, ChoiceOption, Definition};
use crate::model::Model;

/// All definitions and code lists of the instance, checked together. Made by [`Registry::load`].
#[derive(Debug, Default)]
pub struct Registry {
    /// By id.
    pub registers: BTreeMap<String, Definition>,
    /// By id.
    pub choices: BTreeMap<String, ChoiceList>,
    pub(crate) models: BTreeMap<String, Arc<Model>>,
    pub(crate) roles: Arc<access::Roles>,
    pub(crate) schema: Arc<rules::Schema>,
    pub(crate) checks: BTreeMap<String, Vec<crate::rules_bridge::CheckRule>>,
    /// Register → the rule of its module about steps.
    pub gates: BTreeMap<String, crate::actions::Gate>,
    /// Register → while this holds, only the program writes the record.
    pub(crate) frozen: BTreeMap<String, crate::rules_bridge::CheckRule>,
}

impl Registry {
    /// Definition of a register. `NotFound` when there is none of this id.
    pub fn get(&self, id: &str) -> Result<&Definition> {
        self.registers.get(id).ok_or_else(|| unknown(id))
    }
    /// Roles of the role files with what each definition's `[access]` adds.
    pub fn roles(&self) -> Arc<access::Roles> {
        self.roles.clone()
    }
    /// The words of all registers, for the rule language.
    pub fn schema(&self) -> &Arc<rules::Schema> {
        &self.schema
    }
    /// Option of a code list.
    pub fn option(&self, list: &str, id: &str) -> Option<&ChoiceOption> {
        self.choices.get(list)?.options.iter().find(|o| o.id == id)
    }
    pub(crate) fn model(&self, id: &str) -> Result<&Arc<Model>> {
        self.models.get(id).ok_or_else(|| unknown(id))
    }
}

fn unknown(id: &str) -> Error {
    Error::NotFound(format!("Không có sổ đăng ký “{id}”."))
}
