//! The document around every page.

use super::pages::Page;
use super::prerender::Prerender;
use crate::domain::text::visible;
use leptos::prelude::*;
use leptos_meta::{Link, Meta, MetaTags, Stylesheet, Title, provide_meta_context};

/// What the document needs beside its page.
#[derive(Clone, Debug)]
pub struct Document {
    pub page: Page,
    /// Where style, script and wasm are served, `/s/{hash}`.
    pub assets: String,
    /// What the policy of a page with islands calls its scripts.
    pub nonce: Option<leptos::nonce::Nonce>,
}

/// The whole document.
pub fn document(document: Document) -> impl IntoView {
    provide_meta_context();
    let Document { page, assets, .. } = document;
    let theme = page.theme();
    let script = |file| view! { <script type="module" src=format!("{assets}/{file}")></script> };
    let scripts = page.scripts().map(script).collect_view();
    let boot = page.has_island().then(|| boot(&assets));
    let head = head(&page, &assets);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <MetaTags />
                {boot}
                {scripts}
            </head>
            <body>
                {head}
                <a class="skip" href="#main">"Skip to content"</a>
                {page.view()}
            </body>
        </html>
    }
    .prerender()
}

/// What is in the document's head.
fn head(page: &Page, assets: &str) -> impl IntoView + use<> {
    view! {
        <Title text=escaped(&format!("{} – Attest", page.title())) />
        <Meta name="viewport" content="width=device-width, initial-scale=1" />
        <Meta name="color-scheme" content="light dark" />
        <Stylesheet href=format!("{assets}/attest.css") />
        <Link rel="icon" type_="image/svg+xml" href=format!("{assets}/icon.svg") />
        <Link rel="apple-touch-icon" href=format!("{assets}/apple-touch-icon.png") />
    }
}

/// Text of people within an element: `leptos_meta` writes a title as it is.
fn escaped(text: &str) -> String {
    visible(text.replace('&', "&amp;").replace('<', "&lt;"))
}

/// What makes the page's islands come alive.
fn boot(assets: &str) -> impl IntoView + use<> {
    let options =
        LeptosOptions::builder().output_name("attest").site_pkg_dir(assets.trim_start_matches('/').to_owned()).build();
    view! { <HydrationScripts options islands=true /> }
}
