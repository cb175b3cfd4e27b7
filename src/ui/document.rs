//! The document around every page.

use super::pages::Page;
use leptos::prelude::*;

/// What the document needs beside its page.
#[derive(Clone, Debug)]
pub struct Document {
    pub page: Page,
    /// Where style, script and wasm are served, `/s/{hash}`.
    pub assets: String,
    /// Shown on pages that went wrong.
    pub nonce: Option<leptos::nonce::Nonce>,
}

/// The whole document.
pub fn document(document: Document) -> impl IntoView {
    let Document { page, assets, nonce } = document;
    let title = format!("{} – Attest", page.title());
    let theme = page.theme();
    let boot = page.has_island().then(|| boot(&assets, nonce));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                <link rel="stylesheet" href=format!("{assets}/attest.css") />
                <link rel="icon" type="image/svg+xml" href=format!("{assets}/icon.svg") />
                {boot}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                {page.view()}
            </body>
        </html>
    }
}

/// What makes the page's islands come alive.
fn boot(assets: &str, nonce: Option<leptos::nonce::Nonce>) -> impl IntoView + use<> {
    if let Some(nonce) = nonce {
        provide_context(nonce);
    }
    let options =
        LeptosOptions::builder().output_name("attest").site_pkg_dir(assets.trim_start_matches('/').to_owned()).build();
    view! { <HydrationScripts options islands=true /> }
}
