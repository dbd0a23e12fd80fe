//! What the link of an invitation holds: which one it is, and 32 random bytes that only its mail or whoever copied it knows.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::ids::{InvitationId, WorkspaceId};

/// The end of a link. Its secret is kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub workspace: WorkspaceId,
    pub invitation: InvitationId,
    secret: [u8; 32],
}

/// What is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoToken;

impl Token {
    /// One with a secret of its own.
    #[must_use]
    pub fn new(workspace: WorkspaceId, invitation: InvitationId) -> Self {
        Self { workspace, invitation, secret: rand::random() }
    }

    /// What is kept of its secret.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.workspace.0.as_bytes().as_slice(), self.invitation.0.as_bytes(), &self.secret].concat();
        f.write_str(&BASE64.encode(bytes))
    }
}

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; 64] = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NoToken)?;
        let id = |place: usize| Uuid::from_slice(&bytes[place..place + 16]).map_err(|_| NoToken);
        let secret = bytes[32..].try_into().map_err(|_| NoToken)?;
        Ok(Self { workspace: WorkspaceId(id(0)?), invitation: InvitationId(id(16)?), secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_each_has_its_own_secret() {
        let (workspace, invitation) = (WorkspaceId(Uuid::from_u128(1)), InvitationId(Uuid::from_u128(2)));
        let token = Token::new(workspace, invitation);
        assert!(token.to_string().parse::<Token>() == Ok(token.clone()));
        assert_ne!(token.hash(), Token::new(workspace, invitation).hash());
        for wrong in ["", "x", &token.to_string()[1..], &format!("{token}AA"), "💡"] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong}");
        }
    }
}
