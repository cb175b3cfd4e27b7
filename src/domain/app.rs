//! Apps: what a device key is scoped by.

use super::id::AppId;
use std::collections::BTreeMap;

/// How many apps senders can make in a workspace; all further bundle ids are one app.
pub const MOST_APPS: i64 = 1000;

/// An app of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    /// The bundle id (`application_info.package`); `None` for an app named after an input.
    pub bundle: Option<String>,
    pub name: String,
}

/// The app of an id, or of a bundle id where the text is no app's id: senders choose bundle ids, and no id leads to another app by
/// what they chose.
pub fn app_called<'a>(apps: &'a [App], text: &str) -> Option<&'a App> {
    let of_id = AppId::parse(text).and_then(|id| apps.iter().find(|app| app.id == id));
    of_id.or_else(|| apps.iter().find(|app| app.bundle.as_deref() == Some(text)))
}

/// The apps with names that tell them apart: senders choose names too. Those of one name are called by their bundle ids beside
/// it, or by their ids.
pub fn told_apart(mut apps: Vec<App>) -> Vec<App> {
    beside_names(&mut apps, |app| app.bundle.clone().unwrap_or_else(|| app.id.to_string()));
    // A name may have been chosen so that it meets one of these.
    beside_names(&mut apps, |app| app.id.to_string());
    apps
}

/// Says something beside each name that several have.
fn beside_names(apps: &mut [App], said: impl Fn(&App) -> String) {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    apps.iter().for_each(|app| *times.entry(app.name.clone()).or_default() += 1);
    for app in apps.iter_mut().filter(|app| times[&app.name] > 1) {
        app.name = format!("{} ({})", app.name, said(app));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn app(id: i64, bundle: Option<&str>, name: &str) -> App {
        App { id: AppId(id), bundle: bundle.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn a_bundle_id_in_the_form_of_an_id_leads_to_no_other_app() {
        let id = AppId(7).to_string();
        let apps = [app(1, Some(&id), "!shadow"), app(7, Some("com.acme"), "Racer")];
        let called = |text: &str| app_called(&apps, text).map(|app| app.id);
        assert_eq!(called(&id), Some(AppId(7)));
        assert_eq!((called("com.acme"), called(&AppId(1).to_string())), (Some(AppId(7)), Some(AppId(1))));
        assert_eq!(called("com.other"), None);
    }

    #[test]
    fn apps_of_one_name_are_told_apart() {
        let apps = told_apart(vec![app(1, Some("a"), "Racer"), app(2, None, "Racer"), app(3, Some("c"), "Shop")]);
        let names: Vec<String> = apps.into_iter().map(|app| app.name).collect();
        assert_eq!(names, ["Racer (a)".to_owned(), format!("Racer ({})", AppId(2)), "Shop".to_owned()]);
        let chosen = [app(1, Some("a"), "Racer"), app(2, Some("b"), "Racer"), app(3, Some("c"), "Racer (a)")];
        let names: BTreeSet<String> = told_apart(chosen.into()).into_iter().map(|app| app.name).collect();
        assert_eq!(names.len(), 3, "{names:?}");
    }
}
