//! The form of the IDFA policy.

use super::{Observed, PrivacySettings};
use crate::domain::att::Policy;
use crate::ui::parts::field::{Field, field, summary};
use crate::ui::words;
use leptos::prelude::*;

const LABELS: [(&str, &str); 3] =
    [("idfa_policy", "IDFA policy"), ("policy_reason", "Reason"), ("policy_confirm", "Workspace name")];

pub(super) fn policy_words(policy: Policy) -> &'static str {
    match policy {
        Policy::Observe => {
            "Keeps and serves every advertising id, even after a refusal. Ids that the status does not permit are only counted as data problems."
        }
        Policy::Withhold => {
            "Removes an advertising id before it is stored unless the effective status is Authorized. Devices with status Unknown keep theirs below iOS 14.5."
        }
        Policy::RequireStatus => {
            "Like Withhold, and also refuses a batch with an advertising id but no status while there is no default. The sender gets error 400."
        }
    }
}

pub(super) fn policy_form(page: &PrivacySettings) -> impl IntoView + use<> {
    let (in_force, chosen) = (page.frame.policy, page.chosen_policy);
    let choices = Policy::ALL.map(|policy| {
        let current = (policy == in_force).then(|| view! { <span class="tag">"In force"</span> });
        view! {
            <label class="choice">
                <input type="radio" name="idfa_policy" id=format!("policy-{}", policy.as_str()) value=policy.as_str() checked=policy == chosen />
                <b>{words::policy(policy)}{current}</b>
                <span>{policy_words(policy)}</span>
            </label>
        }
    });
    let reason = Field {
        name: "policy_reason",
        label: "Reason",
        help: Some("Recorded in the audit log with your name."),
        rows: Some(2),
        value: page.policy_reason.clone(),
        ..Field::default()
    };
    let confirm = Field {
        name: "policy_confirm",
        label: "Type the workspace's name to confirm",
        help: Some("With Observe, advertising ids are kept and sent out although users refused."),
        ..Field::default()
    };
    let (workspace, Observed { refused, undecided }) = (page.frame.workspace.clone(), page.observed.clone());
    let observed = (in_force != Policy::Observe).then(|| view! {
        <div class="for-observe-only stack">
            <p class="notice danger">
                <b>{format!("Devices in production whose users refused: {refused}. Not asked, or without a status: {undecided}. ")}</b>
                "Their advertising ids would be kept as soon as they send them, and could be sent to partners. Apple can remove an app from the App Store for that."
            </p>
            <p class="muted">"The workspace's name is "<b>{workspace}</b>"."</p>
            {field(confirm, &page.policy_faults)}
        </div>
    });
    view! {
        <form method="post" class="card policy-form" novalidate>
            <header>
                <h2>"IDFA policy"</h2>
                <p class="muted">"What happens to an advertising id that the status does not permit."</p>
            </header>
            {summary(&page.policy_faults, &LABELS)}
            <input type="hidden" name="form" value="policy" />
            <input type="hidden" name="version" value=page.frame.version.to_string() />
            <fieldset class="choices" id="idfa_policy"><legend class="hidden">"IDFA policy"</legend>{choices.collect_view()}</fieldset>
            {field(reason, &page.policy_faults)}
            {observed}
            <div>
                <button class="button primary submit-policy">
                    <span class="for-withhold">"Set policy to Withhold"</span>
                    <span class="for-require_status">"Set policy to Require a status"</span>
                    <span class="for-observe">"Set policy to Observe"</span>
                </button>
            </div>
        </form>
    }
}
