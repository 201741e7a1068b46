//! An approver publishes on pages: with the password, once, and what the rules block stays inside.

use jiff::Timestamp;
use rocket::http::Status;

use crate::demo::seed::{self, Extent};
use crate::store::publications::{self, Candidate};
use crate::web::trial::{Browser, Trial};

async fn laboratory() -> Trial {
    let trial = Trial::start().await;
    let now: Timestamp = trial.now();
    seed::seed(&trial.store, 7, Extent { days: 12 }, now).unwrap();
    trial
}

async fn candidates(trial: &Trial) -> Vec<Candidate> {
    trial.store.reading(|conn| publications::candidates(conn, 1)).await.unwrap().0
}

async fn seen(browser: &Browser<'_>, address: &str) -> String {
    let html = browser.get(address).await.into_string().await.unwrap();
    html.split(r#"name="seen" value=""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

#[rocket::async_test]
async fn a_result_is_published_with_the_password_and_only_once() {
    let trial = laboratory().await;
    let approver = trial.known("approver").await;
    let free = candidates(&trial).await.into_iter().find(|one| one.blocked.is_empty()).unwrap();
    let address = format!("/review/publications/new/{}", free.code);
    let seen = seen(&approver, &address).await;
    let fields = |password: &'static str, notice: &'static str| {
        vec![
            ("seen", seen.clone()),
            ("password", password.to_owned()),
            ("notice", notice.to_owned()),
            ("authority", "3".to_owned()),
            ("objection", "over".to_owned()),
        ]
    };
    for (password, notice) in
        [("", "2026-47"), ("wrong", "2026-47"), ("approver-demo", ""), ("approver-demo", "13912345678")]
    {
        let fields = fields(password, notice);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = approver.post(&address, &fields).await;
        assert_eq!(answer.status(), Status::UnprocessableEntity, "{password:?} {notice:?}");
        let html = answer.into_string().await.unwrap();
        assert!(!html.contains('⟦') && !html.contains("approver-demo"), "{html}");
    }
    let right = fields("approver-demo", "2026-47");
    let right: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = approver.post(&address, &right).await;
    assert_eq!(done.status(), Status::SeeOther);
    let here = done.headers().get_one("Location").unwrap().to_owned();
    assert_eq!(approver.get(&here).await.status(), Status::Ok);
    assert_eq!(approver.post(&address, &right).await.status(), Status::UnprocessableEntity);

    let gone = [("seen", "1"), ("password", "approver-demo"), ("act", "withdraw"), ("reason", "样品编号有误")];
    assert_eq!(approver.post(&here, &gone).await.status(), Status::SeeOther);
    let again = approver.post(&here, &gone).await;
    assert_eq!(again.status(), Status::UnprocessableEntity);
}

#[rocket::async_test]
async fn what_the_rules_block_has_no_form_and_no_way_round_it() {
    let trial = laboratory().await;
    let approver = trial.known("approver").await;
    let blocked = candidates(&trial).await.into_iter().find(|one| !one.blocked.is_empty()).unwrap();
    let address = format!("/review/publications/new/{}", blocked.code);
    let html = approver.get(&address).await.into_string().await.unwrap();
    assert!(!html.contains("name=\"notice\"") && !html.contains('⟦'), "{html}");
    let version = trial.store.reading({
        let code = blocked.code.clone();
        move |conn| publications::candidate(conn, &code)
    });
    let seen = version.await.unwrap().unwrap().1.to_string();
    let fields = [("seen", seen.as_str()), ("password", "approver-demo"), ("notice", "1"), ("objection", "over")];
    assert_eq!(approver.post(&address, &fields).await.status(), Status::UnprocessableEntity);
    assert_eq!(approver.get("/review/publications").await.status(), Status::Ok);
    assert_eq!(approver.get("/review/publications/nothing").await.status(), Status::NotFound);
}
