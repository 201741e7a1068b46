//! Enrolling a bench agent on its page, and what the hub takes from one.

use rocket::http::{ContentType, Header, Status};
use serde_json::json;

use crate::lab::people::{Role, Who};
use crate::store::catalogue::Instrument;
use crate::web::trial::Trial;

async fn enrolled(trial: &Trial) -> (String, i64) {
    let administrator = trial.signed_in(Role::Administrator).await;
    let answer = administrator.post("/admin/agents", &[("code", "GC-ROOM"), ("name", "色谱室电脑")]).await;
    assert_eq!(answer.status(), Status::Ok);
    let html = answer.into_string().await.unwrap();
    let token = html.split("token = &#34;").nth(1).or_else(|| html.split("token = \"").nth(1)).unwrap();
    let token = token.split(['&', '"']).next().unwrap().to_owned();
    let list = administrator.get("/admin/agents").await.into_string().await.unwrap();
    assert!(list.contains("GC-ROOM") && list.contains("从未联系") && !list.contains(&token), "shown once: {list}");
    (token, 1)
}

async fn ask(trial: &Trial, path: &'static str, token: &str, body: serde_json::Value) -> (Status, String) {
    let request = trial.client.post(path).header(ContentType::JSON).body(body.to_string());
    let answer = request.header(Header::new("Authorization", format!("Bearer {token}"))).dispatch().await;
    (answer.status(), answer.into_string().await.unwrap_or_default())
}

fn parcel(instrument: &str) -> serde_json::Value {
    json!({
        "epoch": "000102030405060708090a0b0c0d0e0f", "seq": 1, "instrument": instrument, "driver": "mt-sics",
        "started_at": "2026-11-24T05:59:00Z", "ended_at": "2026-11-24T05:59:01Z", "state": "complete", "fault": null,
        "bytes": "UyBTICAgICAgMi41MCBnDQo=",
        "chunks": [{"offset": 0, "len": 17, "at": "2026-11-24T05:59:00Z", "kind": "frame", "fault": null, "answer": ""}],
        "messages": [{"bytes": "UyBTICAgICAgMi41MCBnDQo=", "pieces": [[0, 0, 17]]}],
    })
}

fn beat(now: &str) -> serde_json::Value {
    json!({"program": "0.1.0", "now": now, "epoch": "000102030405060708090a0b0c0d0e0f", "lines": []})
}

#[rocket::async_test]
async fn an_agent_learns_its_lines_and_delivers_once_whatever_it_repeats() {
    let trial = Trial::start().await;
    let (token, id) = enrolled(&trial).await;
    let text = str::to_owned;
    let balance = Instrument {
        code: text("TP-1"),
        name: text("天平"),
        driver: text("mt-sics"),
        transport: text("serial"),
        address: text("COM3"),
        baud: 9600,
        data_bits: 8,
        parity: text("N"),
        stop_bits: 1,
        line_enabled_at: Some(text("2026-11-01T00:00:00Z")),
        agent_id: Some(id),
        ..Instrument::default()
    };
    trial.store.add(Who::Program, trial.now(), balance).await.unwrap();
    let (status, said) = ask(&trial, "/api/agent/beat", &token, beat("2026-11-24T06:03:00Z")).await;
    assert_eq!(status, Status::Ok, "{said}");
    assert!(said.contains("TP-1") && said.contains("COM3") && said.contains("mt-sics"), "{said}");
    for _ in 0..3 {
        let (status, said) = ask(&trial, "/api/agent/deliver", &token, parcel("TP-1")).await;
        assert_eq!(status, Status::Ok, "{said}");
        assert!(said.contains("\"readings\":1"), "{said}");
    }
    let taken = trial.store.reading(|conn| crate::store::transmissions::list(conn, 1, 10)).await.unwrap();
    assert_eq!(taken.len(), 1, "delivered three times, taken once");
    let (_, said) = ask(&trial, "/api/agent/has", &token, parcel("TP-1")).await;
    assert!(said.contains("true"), "{said}");
    let mut another = parcel("TP-1");
    another["seq"] = 2.into();
    let (_, said) = ask(&trial, "/api/agent/has", &token, another).await;
    assert!(said.contains("false"), "{said}");
    let administrator = trial.known("administrator").await;
    let answer = administrator.get("/admin/agents/1").await;
    assert_eq!(answer.status(), Status::Ok);
    let page = answer.into_string().await.unwrap();
    assert!(page.contains("正常") && page.contains("时钟相差 180 秒"), "{page}");
    trial.wait(3600);
    let administrator = trial.known("administrator").await;
    let page = administrator.get("/admin/agents").await.into_string().await.unwrap();
    assert!(page.contains("失联"), "an agent that is not heard is said to be silent: {page}");
}

#[rocket::async_test]
async fn a_damaged_or_unknown_delivery_is_refused_with_a_reason_and_stores_nothing() {
    let trial = Trial::start().await;
    let (token, _) = enrolled(&trial).await;
    let mut torn = parcel("TP-1");
    torn["chunks"][0]["len"] = 16.into();
    for (body, status, reason) in [
        (parcel("TP-9"), Status::UnprocessableEntity, "TP-9"),
        (torn, Status::UnprocessableEntity, "chunks"),
        (json!({"seq": 1}), Status::BadRequest, "epoch"),
    ] {
        let (answered, said) = ask(&trial, "/api/agent/deliver", &token, body).await;
        assert_eq!(answered, status, "{said}");
        assert!(said.contains(reason), "{said}");
    }
}

#[rocket::async_test]
async fn an_agent_speaks_for_no_instrument_of_another_bench() {
    let trial = Trial::start().await;
    let (token, _) = enrolled(&trial).await;
    let elsewhere = Instrument { code: "TP-1".to_owned(), name: "天平".to_owned(), ..Instrument::default() };
    trial.store.add(Who::Program, trial.now(), elsewhere).await.unwrap();
    let (status, said) = ask(&trial, "/api/agent/deliver", &token, parcel("TP-1")).await;
    assert_eq!(status, Status::UnprocessableEntity, "{said}");
    let taken = trial.store.reading(|conn| crate::store::transmissions::list(conn, 1, 10)).await.unwrap();
    assert!(taken.is_empty());
}

#[rocket::async_test]
async fn a_revoked_agent_is_turned_away_and_a_new_token_lets_it_in_again() {
    let trial = Trial::start().await;
    let (token, _) = enrolled(&trial).await;
    let administrator = trial.known("administrator").await;
    let silent = administrator.post("/admin/agents/1", &[("act", "revoke")]).await;
    assert_eq!(silent.status(), Status::UnprocessableEntity, "a reason is asked for");
    let revoke = [("act", "revoke"), ("reason", "电脑报废")];
    assert_eq!(administrator.post("/admin/agents/1", &revoke).await.status(), Status::SeeOther);
    let now = "2026-11-24T06:00:00Z";
    assert_eq!(ask(&trial, "/api/agent/beat", &token, beat(now)).await.0, Status::Unauthorized);
    assert_eq!(ask(&trial, "/api/agent/beat", "made up", beat(now)).await.0, Status::Unauthorized);
    let answer = administrator.post("/admin/agents/1", &[("act", "renew")]).await.into_string().await.unwrap();
    let renewed = answer.split("token = ").nth(1).unwrap().trim_start_matches("&#34;").trim_start_matches('"');
    let renewed: String = renewed.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    assert_eq!(ask(&trial, "/api/agent/beat", &renewed, beat(now)).await.0, Status::Ok);
    assert_eq!(ask(&trial, "/api/agent/beat", &token, beat(now)).await.0, Status::Unauthorized);
}
