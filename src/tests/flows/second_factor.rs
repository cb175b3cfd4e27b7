//! Two-factor authentication: setting it up, signing in with it, and who must have it.

use crate::harness::{Cookie, PASSWORD, Reply, World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE, SECOND};
use attest::server::auth::one_time_code::{CodeSecret, SECRET_BYTES};
use attest::server::clock::Clock;
use axum::http::StatusCode;

on_both! {
    signing_in_takes_the_code
    a_code_works_once_and_for_a_clock_that_is_half_a_minute_off
    each_of_ten_recovery_codes_works_once
    guesses_at_the_code_slow_down
    wrong_codes_are_told_and_nothing_else_counts_as_one
    a_guess_counts_although_who_made_it_has_gone
    a_lost_one_is_taken_away_by_an_operator
    another_password_ends_half_a_sign_in
    keys_are_rotated_under_it
    nobody_turns_it_on_with_anothers_key
    a_session_from_before_it_is_nobodys
    what_becomes_of_it_is_told
}

/// What begins a text to be copied.
const COPIED: &str = "<pre tabindex=\"0\" class=\"copy\">";
pub const PAGE: &str = "/account/second-factor";

/// Somebody with an authenticator app.
pub struct Phone {
    pub email: String,
    pub secret: CodeSecret,
    pub recovery: Vec<String>,
    pub cookie: Cookie,
}

impl Phone {
    /// Sets it up, as its page says.
    pub async fn set_up(world: &World, email: &str) -> Self {
        let cookie = world.sign_in(email).await;
        Self::set_up_in(world, email, cookie).await
    }

    pub async fn set_up_in(world: &World, email: &str, cookie: Cookie) -> Self {
        let (secret, sealed) = begin(world, &cookie).await;
        let reply = world.post(PAGE, &cookie, &set_up(&sealed, &secret.code_at(world.clock.now()))).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let codes = between(&reply.body, COPIED, "</pre>");
        let recovery = codes.lines().map(str::to_owned).collect();
        Self { email: email.to_owned(), secret, recovery, cookie }
    }

    /// The password, in a new browser; the session that waits for a code.
    async fn password(&self, world: &World) -> Cookie {
        let fields = [("email", self.email.as_str()), ("password", PASSWORD), ("next", "/account")];
        let reply = world.post("/sign-in", &Cookie::default(), &fields).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/sign-in/code?next=%2Faccount"));
        reply.cookie()
    }

    pub async fn sign_in(&self, world: &World, code: &str) -> Reply {
        let half = self.password(world).await;
        give_code(world, &half, code).await
    }

    pub fn code(&self, world: &World) -> String {
        self.secret.code_at(world.clock.now())
    }
}

async fn give_code(world: &World, half: &Cookie, code: &str) -> Reply {
    world.post("/sign-in/code", half, &[("code", code), ("next", "/account")]).await
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split(after).next().expect("an end")
}

/// The secret that the page offers, and what its form carries.
async fn begin(world: &World, cookie: &Cookie) -> (CodeSecret, String) {
    let page = world.post(PAGE, cookie, &[("act", "begin")]).await.body;
    let typed = between(&page, COPIED, "</pre>").replace(' ', "");
    let bytes = data_encoding::BASE32_NOPAD.decode(typed.as_bytes()).expect("base32");
    let sealed = between(&page, "name=\"sealed\" value=\"", "\"").to_owned();
    (CodeSecret::from(<[u8; SECRET_BYTES]>::try_from(bytes).expect("20 bytes")), sealed)
}

fn set_up<'a>(sealed: &'a str, code: &'a str) -> [(&'static str, &'a str); 3] {
    [("act", "set_up"), ("sealed", sealed), ("code", code)]
}

async fn signing_in_takes_the_code(world: World) {
    let ada = world.person("Ada").await;
    let elsewhere = world.sign_in(&ada).await;
    let phone = Phone::set_up(&world, &ada).await;
    assert_eq!(phone.recovery.len(), 10);
    assert_eq!(world.get("/account", &elsewhere).await.status, StatusCode::SEE_OTHER, "made without a code");
    assert_eq!(world.get("/account", &phone.cookie).await.status, StatusCode::OK);
    world.clock.advance(30 * SECOND);
    let half = phone.password(&world).await;
    assert_eq!(world.get("/account", &half).await.status, StatusCode::SEE_OTHER, "half is nothing");
    assert_eq!(world.get("/sign-in/code", &half).await.status, StatusCode::OK);
    for wrong in ["", "000000", "12345", &PASSWORD[..6]] {
        assert_eq!(give_code(&world, &half, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let code = phone.code(&world);
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    let reply = give_code(&world, &half, &spaced).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/account"), "as people read it out");
    assert_eq!(world.get("/account", &reply.cookie()).await.status, StatusCode::OK);
    assert_eq!(world.get("/account", &half).await.status, StatusCode::SEE_OTHER, "its id opens nothing afterwards");
    let late = phone.password(&world).await;
    world.clock.advance(11 * MINUTE);
    let reply = give_code(&world, &late, &phone.code(&world)).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/sign-in"), "ten minutes");
    world.assert_holds().await;
}

async fn a_code_works_once_and_for_a_clock_that_is_half_a_minute_off(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    assert_eq!(
        phone.sign_in(&world, &phone.code(&world)).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "set up by it"
    );
    world.clock.advance(5 * MINUTE);
    let at = |off: i64| phone.secret.code_at(world.clock.now().plus(off * SECOND));
    for (off, taken) in
        [(-60, false), (60, false), (-30, true), (-30, false), (0, true), (0, false), (-30, false), (30, true)]
    {
        let status = phone.sign_in(&world, &at(off)).await.status;
        assert_eq!(status == StatusCode::SEE_OTHER, taken, "{off} seconds: {status}");
    }
    // Of two at the same moment one gets in.
    world.clock.advance(5 * MINUTE);
    let (one, other) = (phone.password(&world).await, phone.password(&world).await);
    let code = phone.code(&world);
    let both = tokio::join!(give_code(&world, &one, &code), give_code(&world, &other, &code));
    let is_in = |reply: &Reply| reply.status == StatusCode::SEE_OTHER && reply.location() == "/account";
    assert_eq!([is_in(&both.0), is_in(&both.1)].iter().filter(|in_| **in_).count(), 1, "{both:?}");
}

async fn each_of_ten_recovery_codes_works_once(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    for (n, code) in phone.recovery.iter().enumerate() {
        let reply = phone.sign_in(&world, &code.to_uppercase().replace('-', " ")).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{n}");
        assert_eq!(phone.sign_in(&world, code).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{n} again");
        let page = world.get("/account", &reply.cookie()).await.body;
        let left = ["On, with 3 recovery codes", "On, with 1 recovery code left", "On. No recovery codes"];
        if let Some(said) = [(6, 0), (8, 1), (9, 2)].iter().find(|(after, _)| *after == n).map(|(_, said)| left[*said])
        {
            assert!(page.contains(said), "{said} after {n}");
        }
        world.clock.advance(HOUR);
    }
    assert_eq!(phone.sign_in(&world, "0123-456789").await.status, StatusCode::UNPROCESSABLE_ENTITY, "an eleventh");
    let page = world.get("/log", &world.sign_in(&world.operator("Olga").await).await).await.body;
    assert!(page.contains("Signed in with a recovery code"));
    // Others, which take their place.
    world.clock.advance(HOUR);
    let cookie = phone.sign_in(&world, &phone.code(&world)).await.cookie();
    let page = world.post(PAGE, &cookie, &[("act", "codes"), ("form_id", "x")]).await.body;
    let new: Vec<&str> = between(&page, COPIED, "</pre>").lines().collect();
    assert_eq!(new.len(), 10);
    let page = world.post(PAGE, &cookie, &[("act", "codes"), ("form_id", "x")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "a reload makes none");
    assert_eq!(phone.sign_in(&world, new[3]).await.status, StatusCode::SEE_OTHER);
    world.assert_holds().await;
}

async fn guesses_at_the_code_slow_down(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(HOUR);
    let mut tried = 0;
    for n in 0..40 {
        let half = phone.password(&world).await;
        match give_code(&world, &half, &format!("{n:06}")).await.status {
            StatusCode::UNPROCESSABLE_ENTITY => tried += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert!(tried <= 11, "{tried} of 40 guesses within a second");
    let reply = phone.sign_in(&world, &phone.code(&world)).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.header("retry-after").parse::<i64>().is_ok());
    world.clock.advance(20 * MINUTE);
    let reply = phone.sign_in(&world, &phone.code(&world)).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let told = world.get("/account", &reply.cookie()).await.body;
    assert_eq!(told.matches("Wrong codes").count(), 1, "once a day: {told}");
    world.run_jobs().await;
    let page = world.get("/log", &world.sign_in(&world.operator("Olga").await).await).await.body;
    assert!(page.contains("Failed sign-ins"), "guesses leave a row");
}

async fn wrong_codes_are_told_and_nothing_else_counts_as_one(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(HOUR);
    let wrong = async || {
        let half = phone.password(&world).await;
        assert_eq!(give_code(&world, &half, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    };
    // Who signs in by the right code meanwhile clears nothing.
    let told = async || {
        world.clock.advance(MINUTE);
        let reply = phone.sign_in(&world, &phone.code(&world)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        let page = world.get("/account", &reply.cookie()).await;
        assert_eq!(page.status, StatusCode::OK);
        page.body.matches("Wrong codes").count()
    };
    for _ in 0..3 {
        let form = [("email", ada.as_str()), ("password", "not the password"), ("next", "/")];
        let reply = world.post("/sign-in", &Cookie::default(), &form).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    wrong().await;
    assert_eq!(told().await, 0, "three wrong passwords are no wrong codes");
    // Wherever a clock's quarter ends.
    world.clock.advance(8 * MINUTE);
    wrong().await;
    world.clock.advance(8 * MINUTE);
    wrong().await;
    assert_eq!(told().await, 1);
    wrong().await;
    assert_eq!(told().await, 1, "once a day");
    world.clock.advance(DAY);
    wrong().await;
    assert_eq!(told().await, 1, "those of yesterday are forgotten");
}

/// Whoever has the password could guess without a trace, were a guess tried that nobody waits for, and not counted.
async fn a_guess_counts_although_who_made_it_has_gone(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(HOUR);
    for _ in 0..3 {
        let half = phone.password(&world).await;
        let mut guess = Box::pin(give_code(&world, &half, "000000"));
        assert!(futures::poll!(guess.as_mut()).is_pending());
        drop(guess);
    }
    let told = async {
        while world.rows::<(i64,)>("select count(*) from notices where kind = 'wrong_codes'").await != [(1,)] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("all three count");
    assert_eq!(world.rows::<(i64,)>("select cast(sum(n) as bigint) from sign_in_failures").await, [(3,)]);
}

async fn a_lost_one_is_taken_away_by_an_operator(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let phone = Phone::set_up(&world, &ada).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let page = world.page_of(&ada).await;
    let off = [("act", "remove_second_factor"), ("sure", "yes"), ("form_id", "one")];
    assert_eq!(world.post(&page, &phone.cookie, &off).await.status, StatusCode::FORBIDDEN, "nobody but operators");
    assert_eq!(world.post(&page, &olga, &off).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/account", &phone.cookie).await.status, StatusCode::SEE_OTHER, "signed out");
    let cookie = world.sign_in(&ada).await;
    assert!(world.get("/w/acme/audit", &cookie).await.body.contains("Two-factor authentication removed"));
    world.assert_holds().await;
}

async fn another_password_ends_half_a_sign_in(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(MINUTE);
    let half = phone.password(&world).await;
    let status = async |code: &str| {
        let new = [("act", "password"), ("present", PASSWORD), ("code", code), ("new", "nine violet anchors 8")];
        world.post("/account", &phone.cookie, &new).await.status
    };
    assert_eq!(status("").await, StatusCode::UNPROCESSABLE_ENTITY, "the password alone changes no password");
    assert_eq!(status(&phone.code(&world)).await, StatusCode::SEE_OTHER);
    world.clock.advance(MINUTE);
    let reply = give_code(&world, &half, &phone.code(&world)).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
}

async fn keys_are_rotated_under_it(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.system.rotate_keys(&World::actor()).await.expect("rotated");
    world.clock.advance(5 * MINUTE);
    world.store.follow_keys().await.expect("followed");
    assert_eq!(phone.sign_in(&world, &phone.code(&world)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(phone.sign_in(&world, &phone.recovery[0]).await.status, StatusCode::SEE_OTHER);
}

/// What one person's form carries is nothing to another, nor in another form.
async fn nobody_turns_it_on_with_anothers_key(world: World) {
    let [ada, eve] = [world.person("Ada").await, world.person("Eve").await];
    let [adas, eves] = [world.sign_in(&ada).await, world.sign_in(&eve).await];
    let (secret, sealed) = begin(&world, &eves).await;
    let code = secret.code_at(world.clock.now());
    assert_eq!(world.post(PAGE, &adas, &set_up(&sealed, &code)).await.status, StatusCode::BAD_REQUEST);
    for broken in ["", "1", "1.", "0.AAAA", "99.AAAA", &sealed[..sealed.len() - 1], &format!("{sealed}A")] {
        assert_eq!(world.post(PAGE, &eves, &set_up(broken, &code)).await.status, StatusCode::BAD_REQUEST, "{broken}");
    }
    assert_eq!(world.post(PAGE, &eves, &set_up(&sealed, "000000")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post(PAGE, &eves, &set_up(&sealed, &code)).await.status, StatusCode::OK);
}

/// One that an older version made, which asks for no code.
async fn a_session_from_before_it_is_nobodys(world: World) {
    let ada = world.person("Ada").await;
    let before = world.sign_in(&ada).await;
    // Whatever it is: a hash has the type of a secret, too.
    world
        .execute(
            "insert into second_factors (person_id, sealed, generation, used_step, set_up_at) \
             select p.id, s.id_hash, 1, 0, p.created_at from people p, sessions s",
        )
        .await;
    assert_eq!(world.get("/account", &before).await.status, StatusCode::SEE_OTHER);
}

async fn what_becomes_of_it_is_told(world: World) {
    let ada = world.person("Ada").await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(MINUTE);
    world.post(PAGE, &phone.cookie, &[("act", "codes")]).await;
    let reply = phone.sign_in(&world, &phone.code(&world)).await;
    assert_eq!(phone.sign_in(&world, &phone.code(&world)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "again");
    assert_eq!(
        world.post(PAGE, &reply.cookie(), &[("act", "remove"), ("sure", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    let page = world.get("/account", &reply.cookie()).await.body;
    for title in [
        "Two-factor authentication on",
        "New recovery codes",
        "New sign-in",
        "Code used twice",
        "Two-factor authentication off",
    ] {
        assert!(page.contains(title), "{title}: {page}");
    }
}
