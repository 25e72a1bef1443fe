//! Lists that come in pages.

use std::collections::HashSet;
use std::hash::Hash;

use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::{GitHubError, header};
use super::port::Port;
use super::told::{Told, Untold, unknown};
use super::transport::Reply;

/// Things per page: the most that GitHub gives.
const PAGE: usize = 100;

/// A list as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// What was read, in the server's order.
    pub items: Vec<T>,
    /// Whether these are all.
    pub complete: bool,
}

/// How the pages of a list are read.
pub(super) struct Pages<W, T, K> {
    /// Pages read at most.
    pub(super) most: usize,
    /// The things of one page; `None` for one that cannot be read and is left out.
    pub(super) items: fn(W) -> Vec<Option<T>>,
    /// What tells two things apart: a list that grows while it is read repeats some.
    pub(super) key: fn(&T) -> K,
}

impl Port {
    /// Reads the list that `call` asks for. `more` is a part of the query.
    pub(super) async fn pages<W, T, K>(
        &self,
        call: &Call,
        more: Option<(&'static str, String)>,
        pages: Pages<W, T, K>,
    ) -> Result<Listed<T>, GitHubError>
    where
        W: DeserializeOwned,
        K: Eq + Hash,
    {
        match self.read_pages(call, more, pages).await? {
            Ok(listed) => Ok(listed),
            Err(reply) => Err(self.error(&reply)),
        }
    }

    /// Like [`Port::pages`], for a list that the server may not tell.
    pub(super) async fn ask_pages<W, T, K>(
        &self,
        call: &Call,
        more: Option<(&'static str, String)>,
        pages: Pages<W, T, K>,
    ) -> Result<Told<Listed<T>>, GitHubError>
    where
        W: DeserializeOwned,
        K: Eq + Hash,
    {
        let reply = match self.read_pages(call, more, pages).await {
            // There is no token for it.
            Err(GitHubError::Forbidden(_)) => return Ok(unknown(call, Untold::NotAllowed)),
            other => match other? {
                Ok(listed) => return Ok(Told::Known(listed)),
                Err(reply) => reply,
            },
        };
        self.untold(&reply).map(|why| unknown(call, why)).ok_or_else(|| self.error(&reply))
    }

    /// The list, or the answer that was none.
    async fn read_pages<W, T, K>(
        &self,
        call: &Call,
        more: Option<(&'static str, String)>,
        pages: Pages<W, T, K>,
    ) -> Result<Result<Listed<T>, Reply>, GitHubError>
    where
        W: DeserializeOwned,
        K: Eq + Hash,
    {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        for page in 1..=pages.most {
            let mut call = call.clone().query("per_page", PAGE).query("page", page);
            if let Some((name, value)) = &more {
                call = call.query(name, value);
            }
            let reply = self.call(&call).await?;
            if !reply.is_success() {
                return Ok(Err(reply));
            }
            let found = (pages.items)(self.app().transport().parse_any(&call, &reply)?);
            let (count, before) = (found.len(), items.len());
            let found = found.into_iter().flatten();
            items.extend(found.filter(|it| seen.insert((pages.key)(it))));
            // A server that knows no pages gives the same list each time.
            let repeats = items.len() == before;
            let more = match header(&reply.headers, "link") {
                Some(link) => link.contains("rel=\"next\""),
                None => PAGE <= count,
            };
            if repeats || !more {
                return Ok(Ok(Listed { items, complete: true }));
            }
        }
        Ok(Ok(Listed { items, complete: false }))
    }
}
