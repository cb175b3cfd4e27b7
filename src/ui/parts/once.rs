//! Something secret that is shown this once: a link, a token.

use leptos::prelude::*;

/// What is shown once; it stays out of logs.
#[derive(Clone)]
pub struct Once(pub String);

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Once")
    }
}

/// The one showing, with what to do with it.
pub fn once(title: String, help: &'static str, secret: Once) -> impl IntoView {
    view! {
        <section class="card secret" role="status">
            <header>
                <h2>{title}</h2>
                <p class="muted">{help}</p>
            </header>
            <pre class="copy" tabindex="0">{secret.0}</pre>
        </section>
    }
}
