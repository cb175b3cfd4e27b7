//! Apps: a name that people know for each bundle id.

use crate::domain::error::Problem;
use crate::ui::frame::{Frame, NavPage, frame};
use crate::ui::parts::notice::done;
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Apps {
    pub frame: Frame,
    pub rows: Vec<AppRow>,
    pub pager: Pager,
    pub may_manage: bool,
    /// What was just done.
    pub done: Option<Done>,
}

impl Model for Apps {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        self.rows.iter().any(|row| row.problem.is_some())
    }
}

#[derive(Clone, Debug)]
pub struct AppRow {
    pub id: String,
    pub bundle: Option<String>,
    pub name: String,
    /// What is wrong with the name that was sent.
    pub problem: Option<Problem>,
}

pub fn apps(page: Apps) -> impl IntoView {
    let inputs = page.frame.address(NavPage::Inputs);
    let list = if page.pager.all == 0 {
        view! {
            <section class="card empty">
                <h2>"No app yet"</h2>
                <p>"An app appears here with its first event. "<a href=inputs>"See the inputs"</a></p>
            </section>
        }
        .prerender()
    } else {
        let overview = page.frame.address(NavPage::Overview);
        let rows = page.rows.into_iter().map(|app| row(app, page.may_manage, &overview)).collect_view();
        let pager = pager(&page.pager, "apps");
        view! { <section class="card"><h2 class="hidden">"Apps"</h2>{pager}<ul class="people">{rows}</ul></section> }
            .prerender()
    };
    let content = view! {
        <div class="head">
            <div>
                <h1>"Apps"</h1>
                <p class="muted">"Each app is identified by its bundle id. Names are for people only and can be changed at any time."</p>
            </div>
        </div>
        {page.done.map(done)}
        {list}
    };
    frame(page.frame, content)
}

fn row(app: AppRow, may_manage: bool, overview: &str) -> impl IntoView + use<> {
    let figures = view! { <a href=format!("{overview}?app={}", app.id)>"View figures"</a> };
    let bundle = match app.bundle {
        Some(bundle) => view! { <code>{bundle}</code> }.prerender(),
        None => "Events without a bundle id".prerender(),
    };
    if !may_manage {
        return view! { <li><div class="person"><b>{app.name}</b><span class="muted">{bundle}</span></div><div class="standing">{figures}</div></li> }
            .prerender();
    }
    let field = format!("name-of-{}", app.id);
    let (fault_id, invalid) = (format!("{field}-fault"), app.problem.map(|_| "true"));
    let described = app.problem.map(|_| fault_id.clone());
    let fault = app
        .problem
        .map(|problem| view! { <p class="fault" role="alert" id=fault_id>{words::form_problem("name", problem)}</p> });
    view! {
        <li>
            <form method="post" class="line" novalidate>
                <input type="hidden" name="app" value=app.id />
                <div class="field">
                    <label for=field.clone()>"Name of "<span class="muted">{bundle}</span></label>
                    <input id=field name="name" value=app.name autocomplete="off" aria-invalid=invalid aria-describedby=described />
                    {fault}
                </div>
                <div class="line-end"><button class="button">"Save"</button>{figures}</div>
            </form>
        </li>
    }
    .prerender()
}
