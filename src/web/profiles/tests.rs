//! Writing a profile on its page: tried on a capture and on a line's past, saved as revisions, chosen for an instrument.

use rocket::http::{ContentType, Status};

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

/// A form with a file, as a browser sends it.
fn with_file(fields: &[(&str, &str)], bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"run.bin\"\r\n");
    body.extend(b"Content-Type: application/octet-stream\r\n\r\n");
    body.extend(bytes);
    body.extend(b"\r\n--XX--\r\n");
    body
}

#[rocket::async_test]
async fn a_capture_is_uploaded_as_a_file_and_stays_for_the_next_try() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let kind: ContentType = "multipart/form-data; boundary=XX".parse().unwrap();
    let upload = async |fields: &[(&str, &str)], bytes: &[u8]| {
        let request = trial.client.post("/admin/profiles/new").header(kind.clone()).body(with_file(fields, bytes));
        let answer = administrator.ask(request).await;
        (answer.status(), answer.into_string().await.unwrap_or_default())
    };
    let csrf = ("csrf", administrator.csrf.as_str());
    let tried = [csrf, ("act", "try"), ("text", TEXT), ("as", "text")];
    let (status, page) = upload(&tried, b"26-041,7.12\r\n").await;
    assert_eq!(status, Status::Ok, "{page}");
    assert!(page.contains("读出 1 个读数") && page.contains("26-041,7.12"), "{page}");
    // Bytes that are no text are shown in hexadecimal, so that nothing is lost on the way back.
    let (_, page) = upload(&tried, b"\x02A,6.5\r\n").await;
    assert!(page.contains("02 41 2C 36 2E 35 0D 0A") && page.contains(r#"value="hex" checked"#), "{page}");
    let (status, _) = upload(&tried[1..], b"26-041,7.12\r\n").await;
    assert_eq!(status, Status::Forbidden, "a file brings no way around the token");
    let cut = &with_file(&tried, b"26-041,7.12\r\n")[..60];
    let request = trial.client.post("/admin/profiles/new").header(kind.clone()).body(cut);
    assert_eq!(administrator.ask(request).await.status(), Status::BadRequest);
}

#[rocket::async_test]
async fn a_profile_is_retired_only_when_no_running_line_reads_with_it() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let text =
        TEXT.replace("[fields]", "[serial]\nbaud = 2400\ndata_bits = 7\nparity = \"E\"\nstop_bits = 1\n[fields]");
    let save = [("act", "save"), ("text", text.as_str()), ("code", "PH-1"), ("name", "酸度计"), ("reason", "按说明书")];
    assert_eq!(administrator.post("/admin/profiles/new", &save).await.status(), Status::SeeOther);
    let line = [
        ("code", "T-1"),
        ("name", "仪器"),
        ("driver", "profile:PH-1"),
        ("transport", "serial"),
        ("address", "/dev/null"),
    ];
    let on = [&line[..], &[("line_on", "on")]].concat();
    assert_eq!(administrator.post("/admin/instruments/new", &on).await.status(), Status::SeeOther);
    let one = trial.store.line::<Instrument>(1).await.unwrap().unwrap();
    assert_eq!((one.baud, one.data_bits, one.parity.as_str()), (2400, 7, "E"), "settings come from the profile");

    let retire = [("act", "retire"), ("why", "仪器报废")];
    let page = administrator.get("/admin/profiles/PH-1").await.into_string().await.unwrap();
    assert!(page.contains("T-1") && page.contains("还有启用的线路在用它"), "{page}");
    let answer = administrator.post("/admin/profiles/PH-1", &retire).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity);
    let page = answer.into_string().await.unwrap();
    assert!(page.contains("T-1 的线路还在用它") && page.contains("baud = 2400"), "{page}");
    let off = [&line[..], &[("version", "1")]].concat();
    assert_eq!(administrator.post("/admin/instruments/1", &off).await.status(), Status::SeeOther);
    let without = administrator.post("/admin/profiles/PH-1", &[("act", "retire")]).await;
    assert_eq!(without.status(), Status::UnprocessableEntity, "a reason is needed");
    assert_eq!(administrator.post("/admin/profiles/PH-1", &retire).await.status(), Status::SeeOther);
    let page = administrator.get("/admin/instruments/new").await.into_string().await.unwrap();
    assert!(!page.contains("profile:PH-1"), "no line is set to it any more: {page}");
    let again = [("code", "T-2"), ("name", "仪器"), ("driver", "profile:PH-1"), ("transport", "serial")];
    assert_eq!(administrator.post("/admin/instruments/new", &again).await.status(), Status::UnprocessableEntity);
    let restore = [("act", "restore"), ("why", "修好了")];
    assert_eq!(administrator.post("/admin/profiles/PH-1", &restore).await.status(), Status::SeeOther);
    let page = administrator.get("/admin/instruments/new").await.into_string().await.unwrap();
    assert!(page.contains("profile:PH-1"), "{page}");
}

#[rocket::async_test]
async fn usual_serial_settings_are_put_into_the_text_and_lose_nothing() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let chosen =
        [("act", "serial"), ("serial", "2400 7E1"), ("text", TEXT), ("capture", "26-041,7.12"), ("as", "text")];
    let page = administrator.post("/admin/profiles/new", &chosen).await.into_string().await.unwrap();
    assert!(page.contains("baud = 2400") && page.contains("26-041,7.12"), "{page}");
    let none = [("act", "serial"), ("serial", ""), ("text", TEXT)];
    assert_eq!(administrator.post("/admin/profiles/new", &none).await.status(), Status::UnprocessableEntity);
}
