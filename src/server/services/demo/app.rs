//! The apps of the demo.

/// An app of the demo.
#[derive(Debug)]
pub struct App {
    pub bundle: &'static str,
    pub name: &'static str,
    /// Of all users.
    pub share: f64,
    /// Of those who answered the prompt, how many allow tracking.
    pub consent: f64,
    /// What its new prompt adds to that.
    pub lift: f64,
}

pub const APPS: [App; 3] = [
    App { bundle: "com.northwind.racer", name: "Northwind Racer", share: 0.7, consent: 0.38, lift: 0.06 },
    App { bundle: "com.northwind.shop", name: "Northwind Shop", share: 0.2, consent: 0.34, lift: 0.0 },
    App { bundle: "com.northwind.daily", name: "Northwind Daily", share: 0.1, consent: 0.26, lift: 0.0 },
];
