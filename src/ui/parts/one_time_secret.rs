//! Something secret that is shown this once: a link, a token.

use leptos::prelude::*;

/// What is shown once; it stays out of logs.
#[derive(Clone)]
pub struct OneTimeSecret(pub String);

impl std::fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeSecret")
    }
}

/// The one showing, with what to do with it.
pub fn one_time_secret(title: String, help: &'static str, secret: OneTimeSecret) -> impl IntoView {
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
