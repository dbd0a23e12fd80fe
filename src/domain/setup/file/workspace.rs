//! The workspace itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Found, Wrong};
use crate::domain::setup::check;
use crate::domain::setup::command::WorkspaceChange;
use crate::domain::setup::draft::{Draft, change_workspace};
use crate::domain::setup::value::Workspace;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenWorkspace {
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// Such as en.
    locale: String,
    /// Such as Europe/Madrid.
    time_zone: String,
}

impl WrittenWorkspace {
    pub(super) fn of(workspace: &Workspace) -> Self {
        let Workspace { name, locale, time_zone } = workspace.clone();
        Self { name, locale, time_zone }
    }

    pub(super) fn itself(&self) -> Workspace {
        let Self { name, locale, time_zone } = self.clone();
        Workspace { name, locale, time_zone }
    }

    pub(super) fn check(&self, found: &mut Found) {
        found.extend(check::locale_fault(&self.locale).map(|refusal| ("workspace.locale".to_owned(), Wrong::Refused(refusal))));
        found.extend(check::time_zone_fault(&self.time_zone).map(|refusal| ("workspace.time_zone".to_owned(), Wrong::Refused(refusal))));
    }

    pub(super) fn bring_in(&self, draft: &mut Draft) {
        let Self { name, locale, time_zone } = self.clone();
        for workspace in draft.setup.workspaces.values_mut() {
            let (name, locale, time_zone) = (Some(name.clone()), Some(locale.clone()), Some(time_zone.clone()));
            change_workspace(workspace, WorkspaceChange { name, locale, time_zone });
        }
    }
}
