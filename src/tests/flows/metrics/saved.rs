//! Saved views: whose they are, what they open, and who may remove them.

use super::tell;
use crate::harness::{Cookie, World, on_both};
use attest::domain::role::Role;
use attest::domain::saved_view::MOST_SAVED;
use attest::server::services::member::remove_member;
use attest::server::store::{Actor, WorkspaceRef};
use attest::ui::pages::metric::saved::USEFUL;
use axum::http::StatusCode;
use futures::future::join_all;

on_both! {
    a_view_is_saved_by_name_and_opens_what_was_chosen
    what_cannot_be_saved_is_said
    saves_at_once_keep_to_the_most
}

const PAGE: &str = "/w/acme/metrics/views";
const FROM: &str = "/w/acme/metrics/views?view=by&by=country&app=com.acme.app&sort=-rate&secret=1&step=week";

async fn save(world: &World, cookie: &Cookie, name: &str, shared: bool) -> StatusCode {
    let form = [("act", "save"), ("name", name), ("shared", "yes")];
    world.post(FROM, cookie, &form[..if shared { 3 } else { 2 }]).await.status
}

/// The id by which a page removes a view of that name.
async fn id_of(world: &World, name: &str) -> String {
    let rows: Vec<(String, i64)> = world.rows("select name, id from saved_views").await;
    let of_name = rows.iter().find(|(known, _)| known == name).expect("it is saved");
    attest::domain::id::to_text(of_name.1)
}

async fn a_view_is_saved_by_name_and_opens_what_was_chosen(world: World) {
    let ada = tell(&world).await;
    let rea = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let metrics = world.get("/w/acme/metrics/by?by=country&app=com.acme.app", &ada).await.body;
    assert!(metrics.contains("/w/acme/metrics/views?by=country&amp;app=com.acme.app&amp;view=by"), "{metrics}");
    assert_eq!(save(&world, &ada, "Countries", false).await, StatusCode::SEE_OTHER);
    assert_eq!(save(&world, &ada, "Countries", true).await, StatusCode::SEE_OTHER, "everybody's may be called so too");
    assert_eq!(save(&world, &rea, "Mine", false).await, StatusCode::SEE_OTHER);
    assert_eq!(save(&world, &rea, "Ours", true).await, StatusCode::FORBIDDEN);
    let (of_ada, of_rea) = (world.get(PAGE, &ada).await.body, world.get(PAGE, &rea).await.body);
    let count = |page: &str, words: &str| page.matches(words).count();
    assert_eq!((count(&of_ada, "<b>Countries</b>"), count(&of_rea, "<b>Countries</b>")), (2, 1));
    assert_eq!((count(&of_ada, "<b>Mine</b>"), count(&of_rea, "<b>Mine</b>")), (0, 1), "one's own is for nobody else");
    assert_eq!((count(&of_ada, ">Remove<"), count(&of_rea, ">Remove<")), (2, 1));
    // What this view does not have is not kept, nor what is no choice.
    let address = "/w/acme/metrics/by?by=country&amp;app=com.acme.app&amp;sort=-rate";
    assert!(of_rea.contains(&format!("href=\"{address}\"")), "{of_rea}");
    assert_eq!(world.get(&address.replace("&amp;", "&"), &rea).await.status, StatusCode::OK);
    // Those that are there from the start open too.
    let useful = of_rea.split("Suggested").nth(1).expect("a list");
    let links: Vec<&str> = useful.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let links = &links[..USEFUL.len()];
    for ((_, view, query), link) in USEFUL.iter().zip(links) {
        let parameters = query.split('&').filter_map(|pair| pair.split('=').next());
        assert!(parameters.clone().all(|name| view.takes(name)), "{link}");
        assert_eq!(world.get(&link.replace("&amp;", "&"), &rea).await.status, StatusCode::OK, "{link}");
    }
    // Nobody removes another's, nor one of everybody's without the right.
    let (mine, shared) = (id_of(&world, "Mine").await, id_of(&world, "Countries").await);
    let remove = async |cookie: &Cookie, id: &str, shared: bool| {
        let form = [("act", "remove"), ("saved", id), ("shared", "yes")];
        world.post(PAGE, cookie, &form[..if shared { 3 } else { 2 }]).await.status
    };
    assert_eq!(remove(&ada, &mine, false).await, StatusCode::NOT_FOUND);
    assert_eq!(remove(&rea, &shared, true).await, StatusCode::FORBIDDEN);
    assert_eq!(remove(&rea, &mine, false).await, StatusCode::SEE_OTHER);
    assert_eq!(remove(&rea, &mine, false).await, StatusCode::NOT_FOUND);
    let logged: Vec<(i64,)> = world.rows("select count(*) from audit where action like 'saved_view.%'").await;
    assert_eq!(logged, [(1,)], "what is everybody's is in the log, and one's own is not");
    // Whoever leaves leaves nothing behind.
    assert_eq!(save(&world, &rea, "Mine", false).await, StatusCode::SEE_OTHER);
    let acme = WorkspaceRef::parse("acme").expect("a workspace");
    remove_member(&world.store, &Actor::command_line(), acme, "rea@example.com").await.expect("she is removed");
    let left: Vec<(i64,)> = world.rows("select count(*) from saved_views where name = 'Mine'").await;
    assert_eq!(left, [(0,)]);
}

async fn what_cannot_be_saved_is_said(world: World) {
    let ada = tell(&world).await;
    assert_eq!(save(&world, &ada, "Countries", false).await, StatusCode::SEE_OTHER);
    for (name, words) in [("Countries", "already in use"), ("", "name"), (&*"x".repeat(81), "80 characters")] {
        let reply = world.post(FROM, &ada, &[("act", "save"), ("name", name)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(reply.body.contains(words) && reply.body.contains("Save this view"), "{name:?}: {}", reply.body);
    }
    for n in 1..MOST_SAVED {
        assert_eq!(save(&world, &ada, &format!("View {n}"), false).await, StatusCode::SEE_OTHER);
    }
    let reply = world.post(FROM, &ada, &[("act", "save"), ("name", "One too many")]).await;
    assert!(reply.body.contains("reached the limit"), "{}", reply.body);
    for unopened in ["environment=nowhere", "app=com.nobody", "by=nothing", "from=2090-01-01"] {
        let status =
            world.post(&format!("{PAGE}?view=by&{unopened}"), &ada, &[("act", "save"), ("name", "x")]).await.status;
        assert!(status.is_client_error(), "{unopened}");
    }
    let unknown = world.post(&format!("{PAGE}?view=nothing"), &ada, &[("act", "save"), ("name", "x")]).await.status;
    assert_eq!(unknown, StatusCode::BAD_REQUEST);
    assert_eq!(world.post(PAGE, &ada, &[("act", "save"), ("name", "x")]).await.status, StatusCode::BAD_REQUEST);
}

/// However many are saved at once, a person has as many as they may.
async fn saves_at_once_keep_to_the_most(world: World) {
    let ada = tell(&world).await;
    for n in 3..MOST_SAVED {
        assert_eq!(save(&world, &ada, &format!("View {n}"), false).await, StatusCode::SEE_OTHER);
    }
    let names: Vec<String> = (0..12).map(|n| format!("At once {n}")).collect();
    let saved = join_all(names.iter().map(|name| save(&world, &ada, name, false))).await;
    assert_eq!(saved.iter().filter(|status| **status == StatusCode::SEE_OTHER).count(), 3, "{saved:?}");
    assert_eq!(world.rows::<(i64,)>("select count(*) from saved_views").await[0].0, MOST_SAVED as i64);
}
