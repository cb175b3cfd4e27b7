//! Line icons on a grid of 24, in the colour of the text around them.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Shield,
    Chart,
    Rise,
    Bell,
    Person,
    Lock,
    List,
    Plug,
    Phone,
    People,
    Key,
    Check,
    Cross,
    Ring,
    Question,
    Menu,
    Chevron,
    Warning,
    Clock,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Shield => "M12 3l8 3v6c0 4.5-3.2 7.8-8 9-4.8-1.2-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5",
            Self::Chart => "M4 4v16h16M9 16v-4M13 16V8M17 16v-6",
            Self::Rise => "M3 17l6-6 4 4 8-8M15 7h6v6",
            Self::Bell => "M6 16v-5a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4",
            Self::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.500 7.500 5",
            Self::Lock => "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
            Self::List => "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
            Self::Plug => "M9 3v5M15 3v5M6.500 8h11v3a5.500 5.500 0 0 1-11 0zM12 16.500V21",
            Self::Phone => "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2",
            Self::People => {
                "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19.500c.900-3.200 3.300-4.700 6.500-4.700s5.600 1.500 6.500 4.700M16 4.700a3.500 3.500 0 0 1 0 6.600M17.500 15c2 .600 3.400 2 4 4.500"
            }
            Self::Key => "M8 18a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 11.500L19.500 3M16 6.500l3 3M13.500 9l2 2",
            Self::Check => "M5 12.500l4.500 4.500L19 7.500",
            Self::Cross => "M6.500 6.500l11 11M17.500 6.500l-11 11",
            Self::Ring => "M12 18.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13z",
            Self::Question => "M9 9.200a3 3 0 1 1 4.400 2.600c-.9.500-1.400 1-1.400 2M12 17.200h.01",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Chevron => "M8 10l4 4 4-4",
            Self::Clock => "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.500l3 2",
            Self::Warning => "M12 4L2.500 20h19zM12 10v4.500M12 17.300h.01",
        }
    }
}

/// An icon that says nothing by itself: the words stand beside it.
pub fn icon(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
}
