//! What may be missing without harm. Servers that speak GitHub's API leave parts of it out, and an
//! owner may have granted less than the App asks for: then Baton goes on with what it knows, and
//! can say why it does not know more.

use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::GitHubError;
use super::port::Port;
use super::transport::Reply;

/// What a server tells, or why it tells nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<T> {
    /// What it tells.
    Known(T),
    /// Why it tells nothing. It never means "there is none".
    Unknown(Untold),
}

/// Why a server tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// The server lacks this part of the API, or the thing it was asked about.
    #[error("the server does not have it, or does not know what it was asked about")]
    NotOffered,
    /// The App lacks the permission.
    #[error("the App lacks the permission for it")]
    NotAllowed,
    /// It was there once.
    #[error("GitHub does not keep it any more")]
    NotKept,
    /// Reading it would take too much.
    #[error("it is too large to be read")]
    TooLarge,
}

impl<T> Told<T> {
    /// What is known, without why it is not.
    pub fn known(self) -> Option<T> {
        match self {
            Told::Known(it) => Some(it),
            Told::Unknown(_) => None,
        }
    }

    /// Whether it tells something.
    pub fn is_known(&self) -> bool {
        matches!(self, Told::Known(_))
    }

    /// The same about something made of it.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Told::Known(it) => Told::Known(make(it)),
            Told::Unknown(why) => Told::Unknown(why),
        }
    }
}

impl Port {
    /// Makes a call that may be answered by nothing.
    pub(super) async fn ask(&self, call: &Call) -> Result<Told<Reply>, GitHubError> {
        let reply = match self.call(call).await {
            // There is no token for it.
            Err(GitHubError::Forbidden(_)) => return Ok(unknown(call, Untold::NotAllowed)),
            other => other?,
        };
        if reply.is_success() {
            return Ok(Told::Known(reply));
        }
        match self.untold(&reply) {
            Some(why) => Ok(unknown(call, why)),
            None => Err(self.error(&reply)),
        }
    }

    /// Like [`Port::ask`], and reads the answer, an object.
    pub(super) async fn ask_for<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Told<T>, GitHubError> {
        match self.ask(call).await? {
            Told::Known(reply) => self.app().transport().parse(call, &reply).map(Told::Known),
            Told::Unknown(why) => Ok(Told::Unknown(why)),
        }
    }

    /// Like [`Port::ask`], for a change whose answer's content does not matter.
    pub(super) async fn try_to(&self, call: &Call) -> Result<Told<()>, GitHubError> {
        Ok(self.ask(call).await?.map(drop))
    }

    /// Why an answer tells nothing; `None` if it tells something, or has gone wrong.
    pub(super) fn untold(&self, reply: &Reply) -> Option<Untold> {
        match reply.status {
            404 | 405 | 501 => Some(Untold::NotOffered),
            410 => Some(Untold::NotKept),
            403 | 451 => {
                let is_refusal = matches!(self.error(reply), GitHubError::Forbidden(_));
                is_refusal.then_some(Untold::NotAllowed)
            }
            _ => None,
        }
    }
}

pub(super) fn unknown<T>(call: &Call, why: Untold) -> Told<T> {
    tracing::debug!(path = call.template, %why, "GitHub does not tell; going on without");
    Told::Unknown(why)
}
