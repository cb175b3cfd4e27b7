//! The pages. One page = one page model = one read.

pub mod account;
pub mod alert;
pub mod api;
pub mod app;
pub mod ask;
pub mod audit;
pub mod confirm;
pub mod input;
pub mod invitation;
pub mod job;
pub mod member;
pub mod metric;
pub mod overview;
pub mod person;
pub mod privacy;
pub mod profile;
pub mod refused;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod stored;
pub mod token;
pub mod week;
pub mod workspace;

use crate::domain::theme::Theme;
use crate::ui::frame::NavPage;
use crate::ui::installation::InstallationPage;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};

macro_rules! pages {
    ($($name:ident($model:ty) => $view:path;)*) => {
        /// Every page with its model.
        #[derive(Clone, Debug)]
        pub enum Page {
            $($name(Box<$model>),)*
        }

        impl Page {
            fn model(&self) -> &dyn Model {
                match self {
                    $(Self::$name(page) => &**page,)*
                }
            }

            /// The page in its frame.
            pub fn view(self) -> InertElement {
                match self {
                    $(Self::$name(page) => $view(*page).prerender(),)*
                }
            }
        }
    };
}

pages! {
    SignIn(session::SignIn) => session::sign_in;
    SignInCode(session::SignInCode) => session::sign_in_code;
    SecondFactor(second_factor::SecondFactorPage) => second_factor::second_factor;
    Ask(ask::Ask) => ask::ask;
    Confirm(confirm::Confirm) => confirm::confirm;
    SetUp(setup::SetUp) => setup::set_up;
    NoWorkspace(session::NoWorkspace) => session::no_workspace;
    Overview(overview::Overview) => overview::overview;
    Metric(metric::MetricPage) => metric::metrics;
    SavedViews(metric::saved::SavedViews) => metric::saved::saved_views;
    Week(week::WeekPage) => week::week;
    Alerts(alert::Alerts) => alert::alerts;
    Privacy(privacy::PrivacySettings) => privacy::privacy;
    Audit(audit::AuditLog) => audit::audit;
    Profiles(profile::Profiles) => profile::profiles;
    Inputs(input::list::Inputs) => input::list::inputs;
    Input(input::InputPage) => input::input;
    Apps(app::Apps) => app::apps;
    Members(member::Members) => member::members;
    Tokens(token::Tokens) => token::tokens;
    Invitation(invitation::Invitation) => invitation::invitation;
    Account(account::Account) => account::account;
    Api(api::Api) => api::api;
    Stored(stored::StoredData) => stored::stored;
    People(person::People) => person::people;
    OnePerson(person::OnePerson) => person::one_person;
    Jobs(job::Jobs) => job::jobs;
    Workspaces(workspace::Workspaces) => workspace::workspaces;
    Refused(refused::RefusedPage) => refused::refused;
}

impl Page {
    /// The document's title.
    pub fn title(&self) -> String {
        let model = self.model();
        let (title, workspace) = match model.around() {
            Around::Workspace(frame) => (frame.page.map(NavPage::title), Some(frame.workspace.as_str())),
            Around::Installation(frame) => (frame.page.map(InstallationPage::title), None),
            Around::Nothing => (None, None),
        };
        let title = model.own_title().or(title.map(str::to_owned));
        let parts = [title, workspace.map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join(" – ");
        if model.has_faults() { format!("Error: {parts}") } else { parts }
    }

    /// The look that its reader chose; as the system has it where nobody is signed in.
    pub fn theme(&self) -> Theme {
        match self.model().around() {
            Around::Workspace(frame) => frame.theme,
            Around::Installation(frame) => frame.theme,
            Around::Nothing => Theme::System,
        }
    }

    /// The small scripts that it loads beside those of islands.
    pub fn scripts(&self) -> impl Iterator<Item = &'static str> {
        let model = self.model();
        [
            (model.asks_password(), "password.js"),
            (model.has_filters(), "filters.js"),
            (model.is_waiting(), "waiting.js"),
        ]
        .into_iter()
        .filter_map(|(wanted, script)| wanted.then_some(script))
    }

    /// Whether it needs the browser's script.
    pub fn has_island(&self) -> bool {
        self.model().has_island()
    }
}
