//! Signing in and out, first set-up and refusals, through the whole of Rocket.

use rocket::http::{Accept, ContentType, Cookie, Header, Status};

use super::trial::{PASSWORD, Trial, body};
use crate::lab::people::Role;

/// The sign-in form as a browser has it: its cookie and its token.
async fn form(trial: &Trial, address: &str) -> (Cookie<'static>, String) {
    let response = trial.client.get(address.to_owned()).dispatch().await;
    assert_eq!(response.status(), Status::Ok, "{address}");
    let token = response.cookies().get("form").map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let html = response.into_string().await.unwrap_or_default();
    assert!(!token.is_empty() && html.contains(&format!(r#"name="csrf" value="{token}""#)), "{html}");
    (Cookie::new("form", token.clone()), token)
}

async fn sign_in(trial: &Trial, username: &str, password: &str) -> (Status, String, Option<String>) {
    let (cookie, token) = form(trial, "/login").await;
    let fields = [("csrf", token.as_str()), ("username", username), ("password", password), ("to", "/")];
    let request = trial.client.post("/login").cookie(cookie).header(ContentType::Form).body(body(&fields));
    let response = request.dispatch().await;
    let sid = response.cookies().get("sid").map(|cookie| cookie.value().to_owned());
    (response.status(), response.into_string().await.unwrap_or_default(), sid)
}

#[rocket::async_test]
async fn the_right_password_opens_the_laboratory_and_signing_out_closes_it() {
    let trial = Trial::start().await;
    trial.add(Role::Technician).await;
    let (status, _, sid) = sign_in(&trial, "technician", PASSWORD).await;
    assert_eq!(status, Status::SeeOther);
    let sid = Cookie::new("sid", sid.unwrap());
    let page = trial.client.get("/").cookie(sid.clone()).dispatch().await;
    assert_eq!(page.headers().get_one("Cache-Control"), Some("no-store"));
    let html = page.into_string().await.unwrap();
    assert!(html.contains("technician 卓玛") && !html.contains('⟦'), "{html}");
    let token = html.split(r#"name="csrf" value=""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let leave = trial.client.post("/logout").cookie(sid.clone()).header(ContentType::Form);
    assert_eq!(leave.body(body(&[("csrf", &token)])).dispatch().await.status(), Status::SeeOther);
    assert_eq!(trial.client.get("/").cookie(sid).dispatch().await.status(), Status::SeeOther);
}

#[rocket::async_test]
async fn an_unknown_name_and_a_wrong_password_are_told_apart_by_nobody() {
    let trial = Trial::start().await;
    trial.add(Role::Technician).await;
    let (wrong, page_wrong, sid) = sign_in(&trial, "technician", "not the password").await;
    let (unknown, page_unknown, _) = sign_in(&trial, "nobody-here", "not the password").await;
    assert_eq!((wrong, unknown), (Status::UnprocessableEntity, Status::UnprocessableEntity));
    assert_eq!(sid, None);
    let said = "用户名或密码不正确";
    assert!(page_wrong.contains(said) && page_unknown.contains(said), "{page_wrong}");
    assert!(page_wrong.contains(r#"value="technician""#), "what was typed stays: {page_wrong}");
    assert!(!page_wrong.contains("not the password"), "but never the password: {page_wrong}");
}

#[rocket::async_test]
async fn guessing_has_to_wait_and_the_right_password_works_after_the_wait() {
    let trial = Trial::start().await;
    trial.add(Role::Technician).await;
    for _ in 0..6 {
        trial.wait(1);
        sign_in(&trial, "technician", "guess").await;
    }
    let (status, page, _) = sign_in(&trial, "technician", PASSWORD).await;
    assert_eq!(status, Status::TooManyRequests);
    assert!(page.contains("秒后再试"), "{page}");
    trial.wait(10);
    assert_eq!(sign_in(&trial, "technician", PASSWORD).await.0, Status::SeeOther);
}

#[rocket::async_test]
async fn an_idle_session_ends_and_a_busy_one_stays() {
    let trial = Trial::start().await;
    let browser = trial.signed_in(Role::Reviewer).await;
    for _ in 0..4 {
        trial.wait(20 * 60);
        assert_eq!(browser.get("/").await.status(), Status::Ok);
    }
    trial.wait(31 * 60);
    assert_eq!(browser.get("/").await.status(), Status::SeeOther);
}

#[rocket::async_test]
async fn a_set_up_link_makes_the_first_administrator_once() {
    let trial = Trial::start().await;
    trial.store.open_setup_link(super::secret::hash("first"), trial.now()).await.unwrap();
    let wrong = trial.client.get("/setup/guessed").dispatch().await;
    assert_eq!(wrong.status(), Status::Conflict);
    let (cookie, token) = form(&trial, "/setup/first").await;
    let send = |password: &'static str| {
        let fields = [
            ("csrf", token.as_str()),
            ("laboratory", "河滩县农产品质量安全检验检测站"),
            ("prefix", "HT"),
            ("name", "扎西"),
            ("username", "zhaxi"),
            ("password", password),
            ("password-again", password),
        ];
        trial
            .client
            .post("/setup/first")
            .cookie(cookie.clone())
            .header(ContentType::Form)
            .body(body(&fields))
            .dispatch()
    };
    let again = send("12345678").await;
    assert_eq!(again.status(), Status::UnprocessableEntity);
    let html = again.into_string().await.unwrap();
    assert!(html.contains("太容易猜到") && html.contains("河滩县"), "{html}");
    assert_eq!(send(PASSWORD).await.status(), Status::SeeOther);
    assert_eq!(send(PASSWORD).await.status(), Status::Conflict);
    let people = trial.store.people().await.unwrap();
    assert_eq!(people.len(), 1);
    assert!(people.iter().all(|person| person.actor.roles.contains(&Role::Administrator)));
}

#[rocket::async_test]
async fn whatever_goes_wrong_is_a_page_in_the_readers_language() {
    let trial = Trial::start().await;
    let lost = trial.client.get("/no/such/page").header(Header::new("Accept-Language", "en")).dispatch().await;
    assert_eq!(lost.status(), Status::NotFound);
    assert!(lost.into_string().await.unwrap().contains("Nothing here"));
    let lost = trial.client.get("/no/such/page").dispatch().await;
    assert!(lost.into_string().await.unwrap().contains("找不到此页"));
    let browser = trial.signed_in(Role::Technician).await;
    let large = browser.post("/logout", &[("x", &"长".repeat(400_000))]).await;
    assert_eq!(large.status(), Status::PayloadTooLarge);
    assert!(large.into_string().await.unwrap().contains("内容过大"));
    let script = trial.client.get("/").header(Accept::JSON).dispatch().await;
    assert_eq!(script.status(), Status::Unauthorized);
}

/// A page with a fault in it, on an address that everyone may open.
#[rocket::get("/healthz?<broken>")]
fn broken(broken: &str) -> String {
    panic!("{broken}")
}

#[rocket::async_test]
async fn a_fault_in_a_page_is_the_laboratorys_error_page_and_tells_nothing_of_its_insides() {
    let trial = Trial::with(|rocket| rocket.mount("/", rocket::routes![broken])).await;
    for (language, title) in [("zh-CN", "系统出错"), ("en", "Something failed")] {
        let answer = trial.client.get("/healthz?broken=row-4711").header(Header::new("Accept-Language", language));
        let answer = answer.dispatch().await;
        assert_eq!(answer.status(), Status::InternalServerError);
        assert!(answer.headers().get_one("Content-Security-Policy").is_some());
        let html = answer.into_string().await.unwrap();
        assert!(html.contains(title) && !html.contains("4711") && !html.contains('⟦'), "{html}");
    }
    assert_eq!(trial.client.get("/healthz").dispatch().await.status(), Status::Ok, "the laboratory goes on");
}

#[rocket::async_test]
async fn every_answer_carries_the_security_headers() {
    let trial = Trial::start().await;
    for address in ["/login", "/healthz", "/readyz", "/nowhere", "/static/none/qingke.css"] {
        let response = trial.client.get(address).dispatch().await;
        for (name, part) in [
            ("Content-Security-Policy", "default-src 'none'"),
            ("Content-Security-Policy", "frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
        ] {
            let value = response.headers().get_one(name).unwrap_or_default();
            assert!(value.contains(part), "{address}: {name}: {value}");
        }
        assert_eq!(response.headers().get_one("Strict-Transport-Security"), None, "{address}: not behind TLS");
    }
}

#[rocket::async_test]
async fn the_language_is_chosen_once_and_leads_back() {
    let trial = Trial::start().await;
    let response = trial.client.get("/language/en?back=/login").dispatch().await;
    assert_eq!(response.headers().get_one("Location"), Some("/login"));
    let lang = response.cookies().get("lang").map(|cookie| cookie.value().to_owned());
    assert_eq!(lang.as_deref(), Some("en"));
    let page = trial.client.get("/login").cookie(Cookie::new("lang", "en")).dispatch().await;
    assert!(page.into_string().await.unwrap().contains(r#"<html lang="en">"#));
    let away = trial.client.get("/language/en?back=//evil.example").dispatch().await;
    assert_eq!(away.headers().get_one("Location"), Some("/"));
}

#[test]
fn no_template_carries_style_or_script_of_its_own() {
    fn walk(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { walk(&entry, found) } else { found.push(entry) }
        }
    }
    let mut templates = Vec::new();
    walk(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut templates);
    assert!(templates.len() > 5);
    for file in templates {
        let text = std::fs::read_to_string(&file).unwrap();
        for forbidden in ["style=", "<style", "onclick=", "onchange=", "onload=", "javascript:", "|safe"] {
            assert!(!text.contains(forbidden), "{}: {forbidden}", file.display());
        }
        let scripts = text.matches("<script").count();
        assert_eq!(scripts, text.matches("<script src=").count(), "{}", file.display());
    }
}
