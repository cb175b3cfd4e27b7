//! Views that are drawn at once, into the text that they become.

use leptos::prelude::*;
pub use leptos::tachys::html::InertElement;

/// Draws a view where it stands. Parts of a page meet as finished text, so that their types do not grow into one another:
/// the compiler is done in a fraction of the time that boxed views (`InertElement`) take, which carry the means to change in
/// a browser too. Only islands change there, and those have views of their own.
pub trait Prerender {
    fn prerender(self) -> InertElement;
}

impl<V: IntoView> Prerender for V {
    fn prerender(self) -> InertElement {
        InertElement::new(self.to_html())
    }
}
