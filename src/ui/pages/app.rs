//! Apps: a name that people know for each bundle id.

use crate::domain::error::Problem;
use crate::ui::frame::{Frame, NavPage, frame};
use crate::ui::parts::notice::{Tone, notice};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Apps {
    pub frame: Frame,
    pub rows: Vec<AppRow>,
    pub pager: Pager,
    pub may_manage: bool,
    pub saved: bool,
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
    let saved = page.saved.then(|| notice(Tone::Done, view! { <p>"The name was saved. Every page shows it now."</p> }));
    let inputs = page.frame.address(NavPage::Inputs);
    let list = if page.pager.all == 0 {
        view! {
            <section class="card empty">
                <h2>"No app yet"</h2>
                <p>"An app appears here with its first batch. "<a href=inputs>"See the inputs"</a></p>
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
                <p class="muted">"Known by their bundle ids. The name is for people; nothing is counted by it."</p>
            </div>
        </div>
        {saved}
        {list}
    };
    frame(page.frame, content)
}

fn row(app: AppRow, may_manage: bool, overview: &str) -> impl IntoView + use<> {
    let figures = view! { <a href=format!("{overview}?app={}", app.id)>"Figures"</a> };
    let bundle = match app.bundle {
        Some(bundle) => view! { <code>{bundle}</code> }.prerender(),
        None => "Batches without a bundle id".prerender(),
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
        .map(|problem| view! { <p class="fault" role="alert" id=fault_id>{words::form_problem(problem)}</p> });
    view! {
        <li>
            <form method="post" class="line" novalidate>
                <input type="hidden" name="app" value=app.id />
                <div class="field">
                    <label for=field.clone()>"Name of "<span class="muted">{bundle}</span></label>
                    <input id=field name="name" value=app.name autocomplete="off" aria-invalid=invalid aria-describedby=described />
                    {fault}
                </div>
                <button class="button">"Save the name"</button>
                {figures}
            </form>
        </li>
    }
    .prerender()
}
