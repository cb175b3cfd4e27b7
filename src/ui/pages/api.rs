//! The interfaces for machines, as their OpenAPI document describes them.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Api {
    pub frame: InstallationFrame,
    /// Where the interfaces are reached.
    pub public_url: String,
    pub groups: Vec<OperationGroup>,
    pub shapes: Vec<Shape>,
}

impl Model for Api {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }
}

/// The operations of one interface.
#[derive(Clone, Debug)]
pub struct OperationGroup {
    pub name: String,
    pub description: String,
    pub operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub summary: String,
    pub parameters: Vec<FieldRow>,
    /// The shape of what is sent.
    pub body: Option<TypeWords>,
    pub answers: Vec<Answer>,
}

/// One parameter or one field.
#[derive(Clone, Debug)]
pub struct FieldRow {
    pub name: String,
    /// Where a parameter goes, such as "in the query"; empty for a field.
    pub location: String,
    pub kind: TypeWords,
    pub required: bool,
    pub description: String,
}

/// What a value is, in words, and the shape that the words name.
#[derive(Clone, Debug)]
pub struct TypeWords {
    pub words: String,
    pub shape: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: String,
    pub meaning: String,
    pub body: Option<TypeWords>,
}

/// A named shape: an object's fields, or a closed set of names.
#[derive(Clone, Debug)]
pub struct Shape {
    pub name: String,
    pub description: String,
    pub names: Vec<String>,
    pub fields: Vec<FieldRow>,
}

pub fn api(page: Api) -> impl IntoView {
    let contents = page.groups.iter().map(|group| {
        let operations = group.operations.iter().map(|operation| {
            view! { <li><a href=format!("#{}", anchor(operation))><b class="method">{operation.method.clone()}</b>" "<code>{operation.path.clone()}</code></a></li> }
        });
        view! { <h3>{group.name.clone()}</h3><ul class="plain">{operations.collect_view()}</ul> }
    });
    let contents = contents.collect_view();
    let groups = page.groups.into_iter().map(group).collect_view();
    let shapes = page.shapes.into_iter().map(shape).collect_view();
    let content = view! {
        <div class="head">
            <div>
                <h1>"API"</h1>
                <p class="muted">"Every operation that scripts can use on "<code>{page.public_url}</code>". For tools: "<a href="/api/openapi.json">"OpenAPI 3.1"</a>"."</p>
            </div>
        </div>
        <nav class="card api-contents" aria-label="Operations"><h2>"Operations"</h2>{contents}</nav>
        {groups}
        <h2>"Schemas"</h2>
        {shapes}
    };
    installation_frame(page.frame, content)
}

fn anchor(operation: &Operation) -> String {
    let path: String = operation.path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{}{path}", operation.method.to_lowercase())
}

fn group(group: OperationGroup) -> impl IntoView {
    view! {
        <h2>{group.name}</h2>
        <p class="muted">{group.description}</p>
        {group.operations.into_iter().map(operation).collect_view()}
    }
}

fn operation(operation: Operation) -> impl IntoView {
    let id = anchor(&operation);
    let parameters = (!operation.parameters.is_empty()).then(|| rows("Parameters", "Parameter", operation.parameters));
    let body = operation.body.map(|body| view! { <p><b>"Body: "</b>{kind(body)}</p> });
    let answers = operation.answers.into_iter().map(|answer| {
        view! {
            <tr>
                <th scope="row" class="n">{answer.status}</th>
                <td>{answer.meaning}</td>
                <td>{answer.body.map(kind)}</td>
            </tr>
        }
    });
    view! {
        <section class="card operation" id=id>
            <h3><b class="method">{operation.method}</b>" "<code>{operation.path}</code></h3>
            <p>{operation.summary}</p>
            {parameters}
            {body}
            <div class="scroll" tabindex="0" role="group" aria-label="Responses">
                <table>
                    <thead><tr><th scope="col" class="n">"Response"</th><th scope="col">"When"</th><th scope="col">"Body"</th></tr></thead>
                    <tbody>{answers.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

fn rows(label: &'static str, first: &'static str, rows: Vec<FieldRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let required = row.required.then(|| view! { <span class="tag">"required"</span> });
        view! {
            <tr>
                <th scope="row"><code>{row.name}</code></th>
                <td>{kind(row.kind)}" "{required}</td>
                <td>{row.description}" "<span class="muted">{row.location}</span></td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table>
                <thead><tr><th scope="col">{first}</th><th scope="col">"Type"</th><th scope="col">"Meaning"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

fn kind(kind: TypeWords) -> InertElement {
    match kind.shape {
        Some(shape) => view! { <a href=format!("#shape-{shape}")>{kind.words}</a> }.prerender(),
        None => kind.words.prerender(),
    }
}

fn shape(shape: Shape) -> impl IntoView {
    let names = (!shape.names.is_empty()).then(|| {
        let names = shape.names.into_iter().map(|name| view! { <li><code>{name}</code></li> });
        view! { <ul class="names">{names.collect_view()}</ul> }
    });
    let fields = (!shape.fields.is_empty()).then(|| rows("Fields", "Field", shape.fields));
    view! {
        <section class="card operation" id=format!("shape-{}", shape.name)>
            <h3>{shape.name.clone()}</h3>
            <p class="muted">{shape.description}</p>
            {names}
            {fields}
        </section>
    }
}
