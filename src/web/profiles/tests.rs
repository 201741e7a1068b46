//! Writing a profile on its page: tried on a capture and on a line's past, saved as revisions, chosen for an instrument.

use rocket::http::Status;

use crate::lab::people::{Role, Who};
use crate::store::catalogue::Instrument;
use crate::web::trial::Trial;

const TEXT: &str = "maker = \"A\"\n[link]\nkind = \"line\"\n[record]\nshape = \"delimited\"\nseparator = \",\"\n[fields]\n\
    sample = 1\nanalyte = { text = \"pH\" }\nresult = 2\n[[skip]]\nfield = 1\nis = \"Average\"\n";

#[rocket::async_test]
async fn a_profile_is_tried_and_saved_without_scripts() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let page = administrator.get("/admin/profiles/new").await.into_string().await.unwrap();
    assert!(page.contains("仪器输出样例") && page.contains("shape = "), "{page}");

    let wrong = TEXT.replace("separator = \",\"", "separator = \",,\"");
    let tried = [("act", "try"), ("text", wrong.as_str()), ("capture", "26-041,7.12\n"), ("as", "text")];
    let answer = administrator.post("/admin/profiles/new", &tried).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity);
    let page = answer.into_string().await.unwrap();
    assert!(page.contains("record.separator: expected one character"), "{page}");

    let capture = "26-041,7.12\n26-042\nAverage,7.0\n";
    let tried = [("act", "try"), ("text", TEXT), ("capture", capture), ("as", "text")];
    let page = administrator.post("/admin/profiles/new", &tried).await.into_string().await.unwrap();
    assert!(page.contains("7.12") && page.contains("读出 1 个读数"), "{page}");
    assert!(page.contains("expected a result, found nothing in its place"), "{page}");
    let tried = [("act", "try"), ("text", TEXT), ("capture", "41 2C 36 2E 35 0D 0A"), ("as", "hex")];
    let page = administrator.post("/admin/profiles/new", &tried).await.into_string().await.unwrap();
    assert!(page.contains("6.5"), "{page}");

    let save = |text, before, reason| {
        [("act", "save"), ("text", text), ("code", "PH-1"), ("name", "酸度计"), ("before", before), ("reason", reason)]
    };
    let answer = administrator.post("/admin/profiles/new", &save(TEXT, "", "")).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity, "a reason is needed");
    let answer = administrator.post("/admin/profiles/new", &save(TEXT, "", "按说明书编写")).await;
    assert_eq!(answer.headers().get_one("Location"), Some("/admin/profiles/PH-1"));
    let better = TEXT.replace("result = 2", "result = 3");
    let answer = administrator.post("/admin/profiles/PH-1", &save(&better, "1", "结果在第三列")).await;
    assert_eq!(answer.status(), Status::SeeOther);
    let answer = administrator.post("/admin/profiles/PH-1", &save(TEXT, "1", "晚到的修改")).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity, "somebody saved meanwhile");
    let page = administrator.get("/admin/profiles/PH-1?revision=1").await.into_string().await.unwrap();
    assert!(page.contains("结果在第三列") && page.contains("result = 2"), "{page}");
    let page = administrator.get("/admin/profiles").await.into_string().await.unwrap();
    assert!(page.contains("PH-1") && page.contains("酸度计"), "{page}");
    let page = administrator.get("/admin/instruments/new").await.into_string().await.unwrap();
    assert!(page.contains("profile:PH-1"), "{page}");
    let unknown = [("code", "T-1"), ("name", "仪器"), ("driver", "profile:NONE")];
    let answer = administrator.post("/admin/instruments/new", &unknown).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity);
    assert!(trial.store.list::<Instrument>().await.unwrap().is_empty(), "no instrument with an unknown profile");
}

#[rocket::async_test]
async fn a_profile_tried_on_the_past_changes_nothing_and_says_what_would_differ() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let instrument = Instrument {
        code: "PH-1".to_owned(),
        name: "酸度计".to_owned(),
        driver: "mt-sics".to_owned(),
        transport: "serial".to_owned(),
        parity: "N".to_owned(),
        ..Instrument::default()
    };
    let now = trial.now();
    trial.store.add(Who::Program, now, instrument).await.unwrap();
    let sent = crate::acquire::Transmission {
        epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        seq: 1,
        instrument: "PH-1".to_owned(),
        driver: "mt-sics".to_owned(),
        started_at: now,
        ended_at: now,
        state: crate::acquire::State::Complete,
        fault: None,
        bytes: b"26-041,7.12\r\n".to_vec(),
        chunks: Vec::new(),
        messages: Vec::new(),
        file: None,
    };
    let store = trial.store.clone();
    let taken = rocket::tokio::task::spawn_blocking(move || store.take_in(&sent, &[], None, Some("0.1.0"), now));
    taken.await.unwrap().unwrap();
    let tried = [("act", "history"), ("text", TEXT), ("instrument", "PH-1")];
    let answer = administrator.post("/admin/profiles/new", &tried).await;
    assert_eq!(answer.status(), Status::Ok);
    let page = answer.into_string().await.unwrap();
    assert!(page.contains("新读出") && page.contains("7.12"), "{page}");
    let counts = crate::store::readings::Which::default();
    let (kept, _) = trial.store.reading(move |conn| crate::store::readings::list(conn, counts, 1)).await.unwrap();
    assert!(kept.is_empty(), "nothing was stored");
    let tried = [("act", "try"), ("text", TEXT), ("transmission", "1")];
    let page = administrator.post("/admin/profiles/new", &tried).await.into_string().await.unwrap();
    assert!(page.contains("7.12") && page.contains("读出 1 个读数"), "{page}");
}
