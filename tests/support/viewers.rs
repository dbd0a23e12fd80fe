//! Who looks, in tests that are not about who may.

use baton::domain::access::Visibility;
use baton::domain::ids::{UserId, WorkspaceId};
use baton::store::access::Viewer;

pub fn sees_all(workspace: WorkspaceId, user: UserId) -> Viewer {
    Viewer { workspace, user, visibility: Visibility::All }
}
