//! The few things that only GraphQL can do. Servers without it are no trouble: the answer is
//! [`Untold::NotOffered`], and a person does it instead.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::error::{GitHubError, one_line, used_up};
use super::port::Port;
use super::told::{Told, Untold, unknown};
use super::transport::Reply;
use crate::github::lenient::{List, Object, Text};

/// What an answer begins with when GitHub failed inside, which it says with status 200.
const FAILED_INSIDE: &str = "Something went wrong";

impl Port {
    /// Asks a question or makes a change, and reads `data` of the answer.
    pub(super) async fn graphql<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<Told<T>, GitHubError> {
        let call = Call::post("/graphql", json!({ "query": query, "variables": variables }));
        let reply = match self.ask(&call).await {
            Ok(Told::Known(reply)) => reply,
            Ok(Told::Unknown(why)) => return Ok(Told::Unknown(why)),
            // GraphQL has its own way to say that a question is wrong: a status means that the
            // server does not know the address, and stumbled over what came there.
            Err(GitHubError::Unprocessable { .. } | GitHubError::Unexpected { .. }) => {
                return Ok(unknown(&call, Untold::NotOffered));
            }
            Err(error) => return Err(error),
        };
        // A page for people, or an object of another kind, is what a server shows for any address.
        let Ok(answer) = self.app().transport().parse::<Answer<T>>(&call, &reply) else {
            return Ok(unknown(&call, Untold::NotOffered));
        };
        if let Some(fault) = answer.errors.0.into_iter().next() {
            return self.fault(fault, &reply).map(|why| unknown(&call, why));
        }
        Ok(answer.data.0.map_or_else(|| unknown(&call, Untold::NotOffered), Told::Known))
    }

    /// What the first error of an answer stands for. One without a type is about the question: a
    /// server of another version does not know what it asks for.
    fn fault(&self, fault: Fault, reply: &Reply) -> Result<Untold, GitHubError> {
        let message = one_line(&fault.message.or_empty());
        let now = self.app().transport().now();
        Err(match fault.kind.0.as_deref() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => return Ok(Untold::NotAllowed),
            Some("NOT_FOUND") => GitHubError::NotFound,
            Some("RATE_LIMITED") => used_up(reply, now),
            Some(_) => GitHubError::Unprocessable { message },
            None if message.starts_with(FAILED_INSIDE) => GitHubError::Server(500),
            None => return Ok(Untold::NotOffered),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, bound = "T: DeserializeOwned")]
struct Answer<T> {
    data: Object<T>,
    errors: List<Fault>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Answer { data: Object(None), errors: List::default() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fault {
    #[serde(rename = "type")]
    kind: Text,
    message: Text,
}
