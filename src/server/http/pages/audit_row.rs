//! A row of a log as people read it: fields in words, names for ids, times for milliseconds.

use crate::domain::audit::{ActorSnapshot, AuditAction};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::moment::moment;
use crate::server::store::audit::ChainRow;
use crate::server::store::{SystemView, View};
use crate::ui::pages::audit::{AuditLogRow, Cell, Fields};
use crate::ui::words;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The fields that hold the id of what a row is about; `name` beside one of them is its name at that time.
const SUBJECTS: [&str; 5] = ["person", "input", "app", "token", "workspace"];

/// The names of what rows are about, by id; rows about apps say the name themselves.
#[derive(Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    pub async fn of_workspace(view: &mut View) -> Result<Self> {
        let members = view.members().await?.into_iter().map(|member| (member.person_id.to_string(), member.name));
        let mut names: BTreeMap<String, String> = members.collect();
        names.extend(view.inputs().await?.into_iter().map(|input| (input.id.to_string(), input.name)));
        names.extend(view.tokens().await?.into_iter().map(|token| (token.token_id.to_string(), token.name)));
        Ok(Self(names))
    }

    pub async fn of_installation(system: &mut SystemView) -> Result<Self> {
        let people = system.people().await?.into_iter().map(|(person, _)| (person.id.to_string(), person.name));
        let mut names: BTreeMap<String, String> = people.collect();
        names.extend(system.workspaces().await?.into_iter().map(|one| (one.id.to_string(), one.name)));
        Ok(Self(names))
    }

    /// A text by itself, or the name of what it is the id of.
    fn cell(&self, text: &str, own: Option<&(String, String)>) -> Cell {
        let own = own.filter(|(id, _)| id == text).map(|(_, name)| name);
        match own.or_else(|| self.0.get(text)) {
            Some(name) => Cell::Named(name.clone(), text.to_owned()),
            None => Cell::Text(text.to_owned()),
        }
    }
}

/// One row.
pub fn row(kept: ChainRow, names: &Names) -> AuditLogRow {
    let ChainRow { row, hash } = kept;
    let origin = [row.ip, row.agent].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let own = subject(&row.after).or_else(|| subject(&row.before));
    let target = match names.cell(&row.target, own.as_ref()) {
        Cell::Text(text) => Cell::Text(words::target(&text).to_owned()),
        named => named,
    };
    let same = form_urlencoded::Serializer::new(String::new()).append_pair("target", &row.target).finish();
    // A row that newer code wrote may have an action that is unknown here.
    let action =
        AuditAction::parse(&row.action).map_or_else(|| row.action.clone(), |action| words::action(action).to_owned());
    AuditLogRow {
        seq: row.seq,
        at: moment(row.at_ms),
        actor_id: row.actor.id.clone(),
        actor: words::actor(&row.actor.kind, &row.actor.name).to_owned(),
        role: role(&row.actor),
        action: (action, row.action.clone()),
        same_target: format!("?{same}"),
        target,
        reason: row.reason,
        origin: if origin.is_empty() { words::no_origin(&row.actor.kind).to_owned() } else { origin },
        fields: fields(&row.before, &row.after, names, own.as_ref()),
        hash,
    }
}

/// As what somebody acted: a script is told from a person.
fn role(actor: &ActorSnapshot) -> Option<String> {
    let role = actor.role.map(words::token_role);
    match (actor.kind.as_str(), role) {
        ("token", Some(role)) => Some(format!("API token, {role}")),
        ("token", None) => Some("API token".to_owned()),
        (_, role) => role.map(str::to_owned),
    }
}

/// The id and the name of what a state is of.
fn subject(state: &Value) -> Option<(String, String)> {
    let id = SUBJECTS.iter().find_map(|field| state.get(field)?.as_str())?;
    Some((id.to_owned(), state.get("name")?.as_str()?.to_owned()))
}

/// Before and after side by side, field by field.
fn fields(before: &Value, after: &Value, names: &Names, own: Option<&(String, String)>) -> Fields {
    let keys =
        |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let all: BTreeSet<String> = keys(before).into_iter().chain(keys(after)).collect();
    let label = |name: &str| words::audit_field(name).to_owned();
    let written = |of: &Value, name: &str| written(name, of.get(name).unwrap_or(&Value::Null), names, own);
    if before.is_null() || after.is_null() {
        let there = if before.is_null() { after } else { before };
        // The name is shown before the id already.
        let all = all.into_iter().filter(|name| own.is_none() || name != "name");
        return Fields::Only(all.map(|name| (label(&name), written(there, &name))).collect());
    }
    Fields::Both(all.into_iter().map(|name| (label(&name), written(before, &name), written(after, &name))).collect())
}

fn written(field: &str, value: &Value, names: &Names, own: Option<&(String, String)>) -> Cell {
    match value {
        Value::Null => Cell::Text(words::audit_nothing(field).to_owned()),
        Value::Bool(yes) => Cell::Text(if *yes { "Yes" } else { "No" }.to_owned()),
        Value::Number(number) => match number.as_i64() {
            Some(ms) if field.ends_with("_ms") => Cell::At(moment(Millis(ms))),
            Some(number) if field != "seed" => Cell::Text(words::number(number)),
            _ => Cell::Text(number.to_string()),
        },
        Value::String(text) if SUBJECTS.contains(&field) => names.cell(text, own),
        Value::String(text) => Cell::Text(words::audit_value(field, text)),
        Value::Array(items) if items.is_empty() => Cell::Text("None".to_owned()),
        Value::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            Cell::Text(texts.collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) => Cell::Text(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_words_and_ids_stand_behind_names() {
        let names = Names([("0input".to_owned(), "Backend".to_owned())].into());
        let text = |text: &str| Cell::Text(text.to_owned());
        let after =
            json!({"expires_ms": 1_795_356_300_000_i64, "input": "0input", "paused": true, "role": "read_only"});
        let Fields::Only(read) = fields(&Value::Null, &after, &names, None) else { panic!("one state") };
        assert_eq!(read[0], ("Expires".to_owned(), Cell::At(moment(Millis(1_795_356_300_000)))));
        assert_eq!(read[1], ("Input".to_owned(), Cell::Named("Backend".to_owned(), "0input".to_owned())));
        assert_eq!(read[2..], [("Paused".to_owned(), text("Yes")), ("Role".to_owned(), text("Read Only"))]);
        let (before, after) = (json!({"default_att_status": null}), json!({"default_att_status": "not_determined"}));
        let Fields::Both(read) = fields(&before, &after, &names, None) else { panic!("two states") };
        assert_eq!(read, [("Default ATT status".to_owned(), text("No default"), text("Not determined"))]);
    }

    #[test]
    fn a_name_of_the_time_is_shown_once() {
        let state = json!({"person": "0person", "name": "Ada", "role": "admin"});
        let own = subject(&state);
        let Fields::Only(read) = fields(&Value::Null, &state, &Names::default(), own.as_ref()) else { panic!("one") };
        assert_eq!(read[0].1, Cell::Named("Ada".to_owned(), "0person".to_owned()));
        assert_eq!(read.len(), 2);
    }
}
