//! The workspace itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Found, Wrong};
use crate::domain::setup::check;
use crate::domain::setup::command::WorkspaceChange;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::parts::change_workspace;
use crate::domain::setup::value::{Brand, Workspace, usual_lease};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenWorkspace {
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// Such as en.
    locale: String,
    /// Such as Europe/Madrid.
    time_zone: String,
    /// For how many minutes people keep conversations who are not here.
    #[serde(default = "usual_lease")]
    #[schemars(range(min = 1, max = 1440))]
    lease_minutes: i32,
    /// Within how many minutes whoever holds a conversation answers; without it, they have all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 1440))]
    answer_minutes: Option<i32>,
    /// Such as "#0f766e"; without one, the house's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accent: Option<String>,
    /// The name of this product is hidden.
    #[serde(default)]
    white_label: bool,
}

impl WrittenWorkspace {
    pub(super) fn of(workspace: &Workspace) -> Self {
        // A logo is a picture, and no text.
        let Workspace { name, locale, time_zone, lease_minutes, answer_minutes, brand: Brand { accent, logo: _, white_label } } =
            workspace.clone();
        Self { name, locale, time_zone, lease_minutes, answer_minutes, accent, white_label }
    }

    pub(super) fn itself(&self) -> Workspace {
        let Self { name, locale, time_zone, lease_minutes, answer_minutes, accent, white_label } = self.clone();
        Workspace { name, locale, time_zone, lease_minutes, answer_minutes, brand: Brand { accent, logo: None, white_label } }
    }

    pub(super) fn check(&self, found: &mut Found) {
        let accent = self.accent.as_deref().and_then(check::accent_fault);
        found.extend(accent.map(|refusal| ("workspace.accent".to_owned(), Wrong::Refused(refusal))));
        found.extend(check::locale_fault(&self.locale).map(|refusal| ("workspace.locale".to_owned(), Wrong::Refused(refusal))));
        found.extend(check::time_zone_fault(&self.time_zone).map(|refusal| ("workspace.time_zone".to_owned(), Wrong::Refused(refusal))));
    }

    pub(super) fn bring_in(&self, draft: &mut Draft) {
        let Self { name, locale, time_zone, lease_minutes, answer_minutes, accent, white_label } = self.clone();
        let change = WorkspaceChange {
            name: Some(name),
            locale: Some(locale),
            time_zone: Some(time_zone),
            lease_minutes: Some(lease_minutes),
            answer_minutes: Some(answer_minutes),
            accent: Some(accent),
            white_label: Some(white_label),
            ..WorkspaceChange::default()
        };
        for workspace in draft.setup.workspaces.values_mut() {
            change_workspace(workspace, change.clone());
        }
    }
}
