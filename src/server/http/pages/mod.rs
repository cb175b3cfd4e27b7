//! The pages' handlers: take the permit, read the page model, decide the status, render.

pub mod account;
pub mod alert;
pub mod api;
pub mod app;
pub mod ask;
pub mod audit;
pub mod audit_row;
pub mod confirm;
pub mod counts;
pub mod data_problem;
mod first_step;
pub mod happening;
pub mod input;
pub mod installation;
pub mod invitation;
pub mod job;
pub mod listing;
pub mod member;
pub mod metric;
pub mod overview;
pub mod period;
pub mod person;
pub mod privacy;
pub mod profile;
pub mod rate;
pub mod refused;
pub mod remembered;
pub mod sample;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod states;
pub mod stored;
pub mod strength;
pub mod token;
pub mod week;
pub mod workspace;

use super::moment::moment;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::json::LONGEST_KEPT;
use crate::server::error::Result;
use crate::server::store::View;
use crate::server::store::person::Person;
use crate::ui::frame::{Frame, NavPage, Other};
use std::collections::BTreeSet;

/// The parameter by which a link says which filters its page does not have, so that nobody takes its figures for filtered ones.
pub const WITHOUT: &str = "without";

/// Query parameters of a page.
pub struct PageQuery(Vec<(String, String)>);

impl PageQuery {
    pub fn new(query: axum::extract::RawQuery) -> Self {
        let query = query.0.unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Of these parameters only: others mean nothing here, and would be in each of the page's links.
    ///
    /// # Errors
    /// [`Problem::TooLong`] for a value that is longer than any that is kept, [`Problem::Repeated`] for two values of one
    /// parameter: the page would be about one of them and say nothing of the other.
    pub fn known(query: axum::extract::RawQuery, names: &[&'static str]) -> Result<Self> {
        Self::new(query).checked(names)
    }

    /// The same with fields of a form, which take the place of those of their names.
    ///
    /// # Errors
    /// As [`PageQuery::known`].
    pub fn known_or_sent(
        query: axum::extract::RawQuery,
        sent: &[(String, String)],
        names: &[&'static str],
    ) -> Result<Self> {
        let mut query = Self::new(query);
        query.0.retain(|(name, _)| !sent.iter().any(|(field, _)| field == name));
        query.0.extend_from_slice(sent);
        query.checked(names)
    }

    fn checked(mut self, names: &[&'static str]) -> Result<Self> {
        self.0.retain(|(name, _)| names.contains(&name.as_str()));
        let mut seen = BTreeSet::new();
        self.0.retain(|pair| seen.insert(pair.clone()));
        for name in names {
            if self.0.iter().filter(|(known, _)| known == name).count() > 1 {
                return Err(Refusal::BadRequest(vec![Fault::new(*name, Problem::Repeated)]).into());
            }
            if self.of(name).is_some_and(|value| value.contains('\0')) {
                return Err(Refusal::BadRequest(vec![Fault::new(*name, Problem::Unprintable)]).into());
            }
            if self.of(name).is_some_and(|value| value.chars().count() > LONGEST_KEPT) {
                return Err(Refusal::BadRequest(vec![Fault::new(*name, Problem::TooLong)]).into());
            }
        }
        Ok(self)
    }

    /// An empty one is absent.
    pub fn of(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A value that must be understood: one that is passed over in silence would show a wrong number.
    pub fn parsed<T>(&self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let refuse = || Refusal::BadRequest(vec![Fault::new(name, Problem::NotOneOf)]);
        Ok(self.of(name).map(|text| parse(text).ok_or_else(refuse)).transpose()?)
    }

    pub fn environment(&self) -> Result<Environment> {
        Ok(self.parsed("environment", Environment::parse)?.unwrap_or_default())
    }

    /// The address of the same page with some parameters replaced; an empty value removes one.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept =
            kept.filter(|(name, value)| !value.is_empty() && !changes.iter().any(|(changed, _)| changed == name));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

impl PageQuery {
    /// The address with those parameters only that fit, and some more; an empty value is none.
    pub fn only_with(&self, fits: impl Fn(&str) -> bool, more: &[(&str, &str)]) -> String {
        let others = self.0.iter().filter(|(name, _)| !fits(name)).map(|(name, _)| (name.as_str(), ""));
        let changes: Vec<(&str, &str)> = others.chain(more.iter().copied()).collect();
        self.with(&changes)
    }

    /// What else is asked for than these parameters, for a form to keep.
    pub fn others(&self, names: &[&str]) -> Vec<(String, String)> {
        let others = self.0.iter().filter(|(name, value)| !value.is_empty() && !names.contains(&name.as_str()));
        others.cloned().collect()
    }
}

/// How a script gets something of a workspace from the Admin API, with its parameters.
pub fn curl(public_url: &str, slug: &str, what: &str) -> String {
    format!("curl -H \"Authorization: Bearer $TOKEN\" '{public_url}/api/v1/workspaces/{slug}/{what}'")
}

/// The frame around a page of this workspace.
pub async fn frame(view: &mut View, person: &Person, page: NavPage, environment: Environment) -> Result<Frame> {
    let settings = view.settings().await?;
    let workspaces = view.memberships(person.id).await?;
    let other = |membership: crate::server::store::workspace::Membership| Other {
        slug: membership.slug.to_string(),
        name: membership.name,
        role: membership.role,
    };
    Ok(Frame {
        page: Some(page),
        slug: view.workspace.slug.to_string(),
        workspace: view.workspace.name.clone(),
        time_zone: view.workspace.time_zone.clone(),
        person: person.name.clone(),
        theme: person.theme,
        unread: person.unread,
        role: view.role.ok_or(Refusal::NotFound)?,
        environment,
        default: settings.default,
        policy: settings.policy,
        version: settings.version,
        since: moment(view.default_since().await?),
        workspaces: workspaces.into_iter().map(other).collect(),
    })
}
