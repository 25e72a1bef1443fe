//! What the page stands on: a world that runs, the people one can be, and what to tell next.

use std::sync::{Mutex, PoisonError};

use crate::cli::world::World;
use crate::sandbox::github::{Person, Place, Role};

/// The cookie that says who acts.
pub(super) const ACTOR_COOKIE: &str = "baton-demo-actor";

/// Somebody the visitor can be.
pub(super) struct Member {
    /// The login.
    pub(super) login: String,
    /// What they may do here.
    pub(super) about: &'static str,
    /// Whether they have write: they edit others' comments and merge.
    pub(super) may_write: bool,
    /// Who acts.
    pub(super) person: Person,
}

/// The page's state.
pub(super) struct Page {
    /// The world behind it.
    pub(super) world: World,
    /// Everybody the visitor can be; the first is who they begin as.
    pub(super) cast: Vec<Member>,
    /// `127.0.0.1:8321`: what the address bar shows.
    pub(super) authority: String,
    /// Whether planning calls a provider and costs money.
    pub(super) paid: bool,
    notice: Mutex<Option<String>>,
}

impl Page {
    pub(super) fn new(world: World, authority: String) -> Page {
        let github = &world.github;
        let member = |about, may_write, person: Person| Member {
            login: person.login(),
            about,
            may_write,
            person,
        };
        let cast = vec![
            member("maintainer", true, github.person("ann", Role::Maintain)),
            member("triage", false, github.person("tom", Role::Triage)),
            member("stranger", false, github.stranger("eve")),
            member("another bot, write", true, github.bot("renovate", Role::Write)),
        ];
        let paid = world.model.is_none();
        Page { world, cast, authority, paid, notice: Mutex::new(None) }
    }

    /// The repository.
    pub(super) fn repo(&self) -> Place {
        self.world.github.repo()
    }

    /// Who the visitor is, by their cookie.
    pub(super) fn actor(&self, cookies: &str) -> &Member {
        let mut pairs = cookies.split(';').filter_map(|it| it.trim().split_once('='));
        let login = pairs.find(|it| it.0 == ACTOR_COOKIE).map(|it| it.1);
        self.cast.iter().find(|it| Some(it.login.as_str()) == login).unwrap_or(&self.cast[0])
    }

    /// Leaves a sentence for the next page.
    pub(super) fn notify(&self, text: String) {
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// The sentence that was left.
    pub(super) fn take_notice(&self) -> Option<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
