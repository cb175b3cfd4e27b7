//! Asks before something that cannot be taken back, or that stops what others use: what happens, in words, and one button.

use crate::ui::surroundings::{Around, Model, Surroundings};
use leptos::prelude::*;

/// The field by which the page says that its reader is sure.
pub const SURE: &str = "sure";

#[derive(Clone, Debug)]
pub struct Ask {
    pub around: Surroundings,
    /// As a question.
    pub title: String,
    /// What happens, one thing at a time.
    pub effects: Vec<String>,
    /// What the button says, which does it.
    pub button: String,
    /// Where the form goes and comes from.
    pub to: String,
    /// The form that waits.
    pub fields: Vec<(String, String)>,
}

impl Model for Ask {
    fn around(&self) -> Around<'_> {
        (&self.around).into()
    }

    fn own_title(&self) -> Option<String> {
        Some(self.title.clone())
    }
}

pub fn ask(page: Ask) -> impl IntoView {
    let fields = page.fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let effects = page.effects.into_iter().map(|effect| view! { <p>{effect}</p> });
    let (to, back) = (page.to.clone(), page.to);
    page.around.around(view! {
        <section class="card narrow">
            <h1>{page.title}</h1>
            {effects.collect_view()}
            <form method="post" action=to>
                {fields.collect_view()}
                <input type="hidden" name=SURE value="yes" />
                <button class="button danger">{page.button}</button>
                " "<a class="button" href=back>"Cancel"</a>
            </form>
        </section>
    })
}
