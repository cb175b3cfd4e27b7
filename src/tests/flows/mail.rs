//! Mail, by a real mail server: links that only their person sees, and notices; and servers that fail.

use super::clients::python;
use crate::harness::{Cookie, PASSWORD, World, basic, on_both, workspace_ref};
use attest::domain::id::{InputId, to_text};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::services::input::set_paused;
use attest::server::services::jobs::run_due_jobs;
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Duration, timeout};

on_both! {
    an_invitation_is_mailed_and_shown_to_nobody_else
    a_reset_is_mailed
    a_first_admin_chooses_a_password_by_mail
    notices_are_on_the_page_and_mailed_once
    mail_that_is_refused_keeps_none_from_the_others
    a_mail_server_that_hangs_keeps_nobody_waiting
    tokens_that_end_and_old_secrets_are_told_of_once
    operators_are_told_of_knocking
}

/// How long a mail may take to come.
const WITHIN: Duration = Duration::from_secs(20);

/// A mail server of aiosmtpd.
pub struct MailServer {
    pub port: u16,
    mails: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl MailServer {
    pub async fn start(port: u16) -> Self {
        let script = format!("{}/end2end/clients/mail_server.py", env!("CARGO_MANIFEST_DIR"));
        let child =
            Command::new(python()).args([&script, &port.to_string()]).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.expect("scripts/setup.sh test installs it");
        let mut mails = BufReader::new(child.stdout.take().expect("its words")).lines();
        let port = timeout(WITHIN, mails.next_line()).await.expect("it starts").expect("words").expect("a port");
        Self { port: port.parse().expect("a port"), mails, _child: child }
    }

    /// The next mail: whom to, its subject and its text.
    pub async fn next(&mut self) -> (String, String, String) {
        let line = timeout(WITHIN, self.mails.next_line()).await.expect("a mail").expect("words").expect("a mail");
        let mail: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(mail["from"], "Attest <attest@example.com>");
        let text = |name: &str| mail[name].as_str().expect("a text").to_owned();
        (mail["to"][0].as_str().expect("somebody").to_owned(), text("subject"), text("text"))
    }
}

/// The path of the link in a mail.
fn link(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("http")).unwrap_or_else(|| panic!("no link in {text}"));
    line.split_once("3000").expect("an address").1.to_owned()
}

async fn send_all(world: &World) {
    let keep = world.state.config.retention.keep();
    run_due_jobs(&world.state.services, keep).await.expect("jobs run");
}

async fn an_invitation_is_mailed_and_shown_to_nobody_else(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    send_all(&world).await;
    assert_eq!(server.next().await.1, "Attest: Role changed");
    let form = [("act", "invite"), ("email", "bob@example.com"), ("role", "analyst"), ("form_id", "one")];
    let reply = world.post("/w/acme/members", &cookie, &form).await;
    assert!(reply.status == StatusCode::OK && reply.body.contains("on its way to"), "{}", reply.body);
    assert!(!reply.body.contains("token="), "nobody but its person sees it: {}", reply.body);
    send_all(&world).await;
    let (to, subject, text) = server.next().await;
    assert_eq!((to.as_str(), subject.as_str()), ("bob@example.com", "Join “Acme” on Attest"));
    assert!(text.contains("the workspace “Acme” of Attest, as Analyst, by “Ada”"), "{text}");
    let path = link(&text);
    let token = path.split_once("token=").expect("a token").1;
    let join = [("token", token), ("name", "Bob"), ("password", PASSWORD)];
    assert_eq!(world.post("/invitation", &Cookie::default(), &join).await.status, StatusCode::SEE_OTHER);
    let bob = world.sign_in("bob@example.com").await;
    assert_eq!(world.get("/w/acme/overview", &bob).await.status, StatusCode::OK);
    let shown: Vec<(Option<i64>,)> = world.rows("select first_link_shown_to from people where name = 'Bob'").await;
    assert_eq!(shown, [(None,)], "its maker never saw it");
    assert_eq!(world.rows::<(i64,)>("select count(*) from mails").await, [(0,)]);
    world.assert_holds().await;
}

async fn a_reset_is_mailed(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    let ada = world.person("Ada").await;
    let page = world.page_of(&ada).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let reply = world.post(&page, &olga, &[("act", "reset"), ("sure", "yes"), ("form_id", "one")]).await;
    assert!(reply.body.contains("on its way to their e-mail") && !reply.body.contains("token="), "{}", reply.body);
    // It lies sealed while it waits.
    let waiting: Vec<(Vec<u8>,)> = world.rows("select sealed from mails").await;
    assert!(!String::from_utf8_lossy(&waiting[0].0).contains("http"));
    send_all(&world).await;
    let (to, subject, text) = server.next().await;
    assert_eq!((to.as_str(), subject.as_str()), (ada.as_str(), "Choose another password for Attest"));
    let token = link(&text).split_once("token=").expect("a token").1.to_owned();
    let new = [("token", token.as_str()), ("password", "nine violet anchors 8")];
    assert_eq!(world.post("/set-up", &Cookie::default(), &new).await.status, StatusCode::SEE_OTHER);
    let (_, subject, text) = server.next().await;
    assert!(subject == "Attest: Password reset" && text.contains("Olga took your password away"), "{subject} {text}");
    world.assert_holds().await;
}

async fn a_first_admin_chooses_a_password_by_mail(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let form = [
        ("name", "Acme"),
        ("time_zone", "UTC"),
        ("admin", "eve@example.com"),
        ("admin_name", "Eve"),
        ("form_id", "one"),
    ];
    let reply = world.post("/workspaces", &olga, &form).await;
    assert!(reply.body.contains("on its way to them") && !reply.body.contains("token="), "{}", reply.body);
    send_all(&world).await;
    let (to, subject, text) = server.next().await;
    assert_eq!((to.as_str(), subject.as_str()), ("eve@example.com", "Choose your password for Attest"));
    let page = world.get(&link(&text), &Cookie::default()).await;
    assert_eq!(page.status, StatusCode::OK);
    // Too late it is of no use, and is not sent.
    let late = [("name", "Other"), ("time_zone", "UTC"), ("admin", "zoe@example.com"), ("admin_name", "Zoe")];
    world.post("/workspaces", &olga, &late).await;
    world.clock.advance(HOUR + MINUTE);
    send_all(&world).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from mails").await, [(0,)]);
}

async fn notices_are_on_the_page_and_mailed_once(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    world.workspace("Acme").await;
    let ada = world.person("Ada").await;
    let cookie = world.sign_in(&ada).await;
    let page = world.get("/account", &cookie).await.body;
    assert!(!page.contains("id=\"notices\""), "the first sign-in is no news: {page}");
    world.set_role("acme", &ada, Role::Auditor).await;
    world.clock.advance(MINUTE);
    world.sign_in(&ada).await;
    let new = [("act", "password"), ("present", PASSWORD), ("new", "nine violet anchors 8")];
    assert_eq!(world.post("/account", &cookie, &new).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/w/acme/overview", &cookie).await.body;
    assert!(page.contains("3 notices"), "on every page");
    let page = world.get("/account", &cookie).await.body;
    for title in ["Role changed", "New sign-in", "Password changed"] {
        assert!(page.contains(title), "{title}");
    }
    send_all(&world).await;
    let mut subjects = Vec::new();
    for _ in 0..3 {
        let (to, subject, text) = server.next().await;
        assert!(to == ada && text.contains("/account"), "{to} {text}");
        subjects.push(subject);
    }
    assert_eq!(subjects, ["Attest: Role changed", "Attest: New sign-in", "Attest: Password changed"]);
    assert_eq!(world.post("/account", &cookie, &[("act", "read")]).await.status, StatusCode::SEE_OTHER);
    assert!(!world.get("/w/acme/overview", &cookie).await.body.contains("3 notices"));
    world.clock.advance(2 * MINUTE);
    send_all(&world).await;
    let unsent = "select count(*) from notices where mailed_at is null";
    assert_eq!(world.rows::<(i64,)>(unsent).await, [(0,)], "and none twice");
    world.clock.advance(91 * DAY);
    send_all(&world).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from notices").await, [(0,)], "forgotten after 90 days");
}

async fn mail_that_is_refused_keeps_none_from_the_others(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for name in ["nobody", "later", "bob"] {
        let email = format!("{name}@example.com");
        let form = [("act", "invite"), ("email", email.as_str()), ("role", "analyst"), ("form_id", name)];
        assert_eq!(world.post("/w/acme/members", &cookie, &form).await.status, StatusCode::OK);
    }
    for _ in 0..3 {
        send_all(&world).await;
        world.clock.advance(10 * MINUTE);
    }
    assert_eq!(server.next().await.0, "bob@example.com");
    let left = "select count(*) from mails";
    assert_eq!(world.rows::<(i64,)>(left).await, [(2,)], "who is refused is tried again as long as the links last");
    let note = "select note from jobs where name = 'mail'";
    assert_eq!(
        world.rows::<(Option<String>,)>(note).await,
        [(Some("mails_not_taken".to_owned()),)],
        "and operators see it"
    );
    assert_eq!(world.rows::<(i64,)>("select failures from jobs where name = 'mail'").await, [(0,)], "it goes on");
    // Nor does somebody's mailbox keep others from their notices.
    for name in ["Later", "Cleo"] {
        let email = world.member("acme", name, Role::Analyst).await;
        assert!(email.ends_with("@example.com"));
    }
    world.clock.advance(MINUTE);
    send_all(&world).await;
    let mut told = Vec::new();
    while !told.contains(&"cleo@example.com".to_owned()) {
        told.push(server.next().await.0);
    }
}

async fn a_mail_server_that_hangs_keeps_nobody_waiting(world: World) {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let world = world.mailing(port);
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let form = [("act", "invite"), ("email", "bob@example.com"), ("role", "analyst"), ("form_id", "one")];
    let invited = timeout(Duration::from_secs(5), world.post("/w/acme/members", &cookie, &form)).await;
    assert_eq!(invited.expect("at once").status, StatusCode::OK);
    // The job gives up in time, and nothing else waits for it.
    timeout(Duration::from_secs(40), send_all(&world)).await.expect("it gives up");
    let failed: Vec<(i64,)> = world.rows("select failures from jobs where name = 'mail'").await;
    assert_eq!(failed, [(1,)]);
    world.member("acme", "Cleo", Role::Analyst).await;
    timeout(Duration::from_secs(40), send_all(&world)).await.expect("it gives up");
    drop(silent);
    let mut server = MailServer::start(port).await;
    world.clock.advance(5 * MINUTE);
    send_all(&world).await;
    let mut sent = [server.next().await.1, server.next().await.1, server.next().await.1];
    sent.sort();
    let notice = "Attest: Role changed".to_owned();
    assert_eq!(
        sent,
        [notice.clone(), notice, "Join “Acme” on Attest".to_owned()],
        "as soon as it answers, and nothing is lost"
    );
}

async fn tokens_that_end_and_old_secrets_are_told_of_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.member("acme", "Cleo", Role::Analyst).await;
    world.token("acme", Role::ReadOnly).await;
    world.input("acme", "Backend").await;
    let told = async |kind: &'static str| -> Vec<(i64,)> {
        let sql = match kind {
            "token_expires" => "select count(*) from notices where kind = 'token_expires'",
            _ => "select count(*) from notices where kind = 'secret_old'",
        };
        world.rows(sql).await
    };
    let mut seen = Vec::new();
    // A year, which is how long the token lasts; the input's secret is old at its end.
    for day in [350, 2, 9, 1, 5] {
        world.clock.advance(day * DAY);
        world.run_jobs().await;
        world.clock.advance(2 * HOUR);
        world.run_jobs().await;
        seen.push((told("token_expires").await[0].0, told("secret_old").await[0].0));
    }
    assert_eq!(seen, [(0, 0), (1, 0), (1, 0), (2, 0), (2, 1)], "14 and 3 days before, and after a year");
    let page_before = world.get("/account", &world.sign_in(&ada).await).await.body;
    // Nor again once the notices are forgotten.
    world.clock.advance(95 * DAY);
    world.run_jobs().await;
    world.clock.advance(2 * HOUR);
    world.run_jobs().await;
    assert_eq!((told("token_expires").await[0].0, told("secret_old").await[0].0), (0, 0));
    let page = page_before;
    assert!(page.contains("API token expires") && page.contains("Input secret is old"), "{page}");
}

async fn operators_are_told_of_knocking(world: World) {
    world.workspace("Acme").await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let eve = world.sign_in(&world.member("acme", "Eve", Role::ReadOnly).await).await;
    for _ in 0..25 {
        assert_eq!(world.get("/w/acme/audit", &eve).await.status, StatusCode::FORBIDDEN);
    }
    for n in 0..120 {
        let token = format!("Bearer attest_{}_{n}", to_text(n));
        world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&token), "").await;
    }
    // Of however many addresses; and a paused input is no wrong key.
    let (key, secret) = world.input("acme", "Backend").await;
    let input = world.get("/w/acme/inputs", &world.sign_in("eve@example.com").await).await.body;
    let input = InputId::parse(&input.split_once("/w/acme/inputs/").expect("an input").1[..13]).expect("an id");
    set_paused(&world.store, &World::actor(), workspace_ref("acme"), input, true).await.expect("paused");
    for n in 0..3 {
        for _ in 0..120 {
            let request = Request::post("/v2/events").header(AUTHORIZATION, basic(&key, &format!("{secret}x")));
            world.send(request.body(Body::from("{}")).expect("a request"), &format!("127.0.{n}.9")).await;
        }
    }
    for _ in 0..120 {
        let sent = world.ask("POST", "/v2/events", Some(&basic(&key, &secret)), "{}").await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN);
    }
    let said = "select kind from notices where kind like 'many%' order by kind";
    let rows = async || world.rows::<(String,)>(said).await.into_iter().map(|(kind,)| kind).collect::<Vec<_>>();
    let both = timeout(WITHIN, async {
        while rows().await.len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    both.await.expect("both are told");
    assert_eq!(rows().await, ["many_bad_keys", "many_refusals"], "once each");
    let page = world.get("/account", &olga).await.body;
    assert!(page.contains("Eve was refused 20 times") && page.contains("127.0.0.1 sent 100 wrong keys"), "{page}");
}
