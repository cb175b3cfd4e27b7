//! Looking up single profiles. No address names a person: what was found stays with the session that looked, which may
//! see it again for a while by a reload or the back button, without another look-up and its row in the log. A page of
//! a profile's devices begins after a device by its internal number, which says nothing to anybody else.

use super::remembered::{LookedUp, random_name};
use super::{PageQuery, frame};
use crate::domain::att::{CountedState, Effective, Origin};
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, InputId, ProfileId};
use crate::domain::permission::Permission;
use crate::domain::profile::LookUpBy;
use crate::server::error::Result;
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, NotTaken};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::profile::{DeviceReader, GatedDevice, LookUp, look_up as find};
use crate::server::store::View;
use crate::server::store::profile::{AppUser, DEVICES_OF_A_PAGE, IdentifiedDevice, MOST_FOUND};
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::Page;
use crate::ui::pages::profile::{DeviceCard, Explicit, Looked, ProfileCard, Profiles};
use crate::ui::parts::field::Faults;
use crate::ui::words;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::BTreeMap;

/// `GET profiles`: the form, and what a look-up of this session found.
pub async fn form(InWorkspace { visit, state, workspace, slug }: InWorkspace, query: RawQuery) -> Result<Response> {
    let asked = PageQuery::new(query);
    let environment = asked.environment()?;
    let mut view = state.store.view(&visit.actor, workspace, Permission::LookUpProfiles).await?;
    let scope = (view.workspace.id, environment);
    let looked_up = match asked.of("look-up") {
        Some(name) => Some(LookedUp::find(&visit.session, name, scope, view.now).await?),
        None => None,
    };
    let by = looked_up.iter().flatten().next().map(LookedUp::by).unwrap_or_default();
    let mut page = model(&mut view, &visit, environment, by, String::new()).await?;
    page.found = match looked_up {
        None => Looked::NotYet,
        Some(None) => Looked::Over,
        Some(Some(looked_up)) => {
            let pages = DevicePages::asked(&asked, address(&slug, NavPage::Profiles, environment));
            Looked::Found(people(&mut view, environment, looked_up.found(), &pages).await?)
        }
    };
    Ok(render(&state, Page::Profiles(Box::new(page)), StatusCode::OK))
}

/// `POST profiles`: looks up and records it, then leads to what was found.
pub async fn look_up(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    let environment = PageQuery::new(query).environment()?;
    let (by, value) = (form.choice("by", LookUpBy::parse), form.text("value"));
    let ended = match (by, form.faults()) {
        (Some(by), None) => {
            let wanted = LookUp { environment, by, value: value.clone() };
            find(&state.store, &visit.actor, workspace.clone(), wanted).await.map_err(NotTaken::from)
        }
        (_, faults) => Err(NotTaken::Faults(faults.unwrap_or_default())),
    };
    let by = by.unwrap_or_default();
    let (found, view) = match ended {
        Ok(found) => found,
        Err(NotTaken::Failed(error)) => return Err(error),
        Err(NotTaken::Faults(faults)) => {
            let mut view = state.store.view(&visit.actor, workspace, Permission::LookUpProfiles).await?;
            let page = Profiles { faults, ..model(&mut view, &visit, environment, by, value).await? };
            return Ok(render(&state, Page::Profiles(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let name = random_name(&state);
    let looked_up = LookedUp::new(name.clone(), view.workspace.id, environment, by, view.now);
    drop(view);
    looked_up.remember(&visit.session, found).await?;
    let there = with(&address(&slug, NavPage::Profiles, environment), "look-up", &name);
    Ok(Redirect::to(&there).into_response())
}

/// How many devices are shown of a profile at least, however many profiles were found.
const FEWEST_DEVICES: usize = 5;

/// Which page is shown of a profile's devices: of one the page that was asked for, of the others the first.
struct DevicePages {
    /// The address of the look-up.
    of: String,
    /// Of the profiles that were found which, and the device after which its page begins.
    asked: Option<(usize, DeviceId)>,
}

impl DevicePages {
    fn asked(query: &PageQuery, address: String) -> Self {
        let which = query.of("profile").and_then(|text| text.parse().ok());
        let asked = which.zip(query.of("after").and_then(|text| text.parse().ok()).map(DeviceId));
        Self { of: with(&address, "look-up", query.of("look-up").unwrap_or_default()), asked }
    }

    fn after(&self, which: usize) -> Option<DeviceId> {
        self.asked.filter(|(asked, _)| *asked == which).map(|(_, after)| after)
    }

    /// The address of the page after a device.
    fn next(&self, which: usize, after: DeviceId) -> String {
        with(&with(&self.of, "profile", &which.to_string()), "after", &after.0.to_string())
    }
}

/// An address with one more part of its query.
fn with(address: &str, name: &str, value: &str) -> String {
    let and = if address.contains('?') { '&' } else { '?' };
    format!("{address}{and}{name}={value}")
}

/// The profiles as they are now; one that was erased meanwhile is not among them.
async fn people(
    view: &mut View,
    environment: Environment,
    found: &[ProfileId],
    pages: &DevicePages,
) -> Result<Vec<ProfileCard>> {
    let context = Context::read(view).await?;
    let mut people = Vec::new();
    // Of many profiles each has fewer: a page is no longer than a profile's.
    let most = (DEVICES_OF_A_PAGE / found.len().max(1)).max(FEWEST_DEVICES);
    for (which, id) in found.iter().enumerate() {
        if let Some(person) = view.app_user(environment, *id, pages.after(which), most).await? {
            let next = person.next.map(|after| pages.next(which, after));
            people.push(context.found(view, person, next)?);
        }
    }
    Ok(people)
}

async fn model(
    view: &mut View,
    visit: &SignedInPerson,
    environment: Environment,
    by: LookUpBy,
    value: String,
) -> Result<Profiles> {
    let words = |by: LookUpBy| match by {
        LookUpBy::DeviceId => "Device id (IDFV, IDFA, Android id, mParticle device id)",
        by => words::look_up_by(by),
    };
    Ok(Profiles {
        frame: frame(view, &visit.person, NavPage::Profiles, environment).await?,
        by: LookUpBy::ALL.map(|choice| (choice.as_str(), words(choice), choice == by)).into(),
        value,
        faults: Faults::default(),
        found: Looked::NotYet,
        most: MOST_FOUND,
    })
}

/// What is needed to show devices.
struct Context {
    reader: DeviceReader,
    inputs: BTreeMap<InputId, String>,
}

impl Context {
    async fn read(view: &mut View) -> Result<Self> {
        let inputs = view.inputs().await?.into_iter().map(|input| (input.id, input.name)).collect();
        Ok(Self { reader: DeviceReader::read(view).await?, inputs })
    }

    fn found(&self, view: &View, person: AppUser, next: Option<String>) -> Result<ProfileCard> {
        let status = |known: &IdentifiedDevice| state_of(self.reader.effective(&known.device));
        let state = person.decides.as_ref().map_or(CountedState::NotApplicable, status);
        let decides = person.decides.as_ref().map(|known| known.device.id);
        // The one that explains the status comes first on each page, wherever it stands in their order.
        let others = person.devices.into_iter().filter(|known| Some(known.device.id) != decides);
        let devices = person.decides.into_iter().chain(others);
        let devices = devices.map(|known| Ok(self.card(self.reader.gated(view, known)?, decides)));
        Ok(ProfileCard {
            devices: devices.collect::<Result<_>>()?,
            mpid: person.profile.mpid.to_string(),
            anonymous: person.profile.anonymous_on.is_some(),
            first_seen: moment(person.profile.first_seen),
            last_seen: moment(person.profile.last_seen),
            identities: person
                .identities
                .into_iter()
                .map(|(kind, value)| (words::identity(kind.as_str()), value))
                .collect(),
            state,
            all_devices: words::number(person.profile.devices),
            more_devices: next,
        })
    }

    fn card(&self, known: GatedDevice, decides: Option<DeviceId>) -> DeviceCard {
        let GatedDevice { device, effective, identifiers, withheld } = known;
        let source = device.source.and_then(|input| self.inputs.get(&input).cloned());
        DeviceCard {
            app: self.reader.apps.get(&device.app).map(|app| app.name.clone()).unwrap_or_default(),
            platform: words::platform(device.platform),
            os_version: device.os_version,
            app_version: device.app_version,
            effective: state_of(effective),
            origin: effective.origin,
            explicit: device.reported.map(|reported| Explicit {
                status: reported.status,
                input: source.unwrap_or_else(|| "an input that no longer exists".to_owned()),
                since: moment(reported.since),
                confirmed: reported.confirmed().map(moment),
            }),
            version: self.reader.settings.version,
            default: self.reader.settings.default,
            decides: decides == Some(device.id),
            identifiers: identifiers
                .into_iter()
                .map(|(kind, value)| (words::identifier(kind).to_owned(), value))
                .collect(),
            withheld,
            first_seen: moment(device.first_seen),
            last_seen: moment(device.last_seen),
        }
    }
}

fn state_of(effective: Effective) -> CountedState {
    if effective.origin == Origin::NotApplicable { CountedState::NotApplicable } else { effective.status.into() }
}
