//! A control that was rejected, seen from the pages: what it holds, who frees it, and what was measured with it.

use rocket::http::Status;

use crate::demo::seed::{self, Extent};
use crate::lab::analysis::status::State;
use crate::lab::people::Who;
use crate::store::catalogue::Method;
use crate::store::controls;
use crate::store::work::{Filter, Line};
use crate::web::trial::{Browser, Trial};

/// The laboratory of the demonstration after three weeks.
async fn laboratory() -> Trial {
    let trial = Trial::start().await;
    let (store, now) = (trial.store.clone(), trial.now());
    tokio::task::spawn_blocking(move || seed::seed(&store, 7, Extent { days: 21 }, now)).await.unwrap().unwrap();
    trial
}

async fn line(trial: &Trial, analysis: i64) -> Line {
    let filter = Filter { analysis: Some(analysis), ..Filter::default() };
    trial.store.work(filter, 1).await.unwrap().0.remove(0)
}

/// Orders a method that has a control on a sample in work; the new analysis and the control's material.
async fn ordered_with_a_control(trial: &Trial) -> (i64, i64) {
    let materials = trial.store.reading(|conn| controls::materials(conn, None)).await.unwrap();
    let methods: Vec<Method> = trial.store.list().await.unwrap();
    let by = Who::Person(trial.store.find_by_username("technician").await.unwrap().unwrap().actor);
    let filter = Filter { states: vec![State::Ordered, State::Measured, State::Submitted], ..Filter::default() };
    let (in_work, _) = trial.store.work(filter, 1).await.unwrap();
    for line in in_work {
        for material in &materials {
            let method = methods.iter().find(|one| one.code == material.method).unwrap().id;
            if let Ok(ids) = trial.store.order(by.clone(), trial.now(), line.analysis.sample, vec![method]).await {
                return (ids[0], material.id);
            }
        }
    }
    panic!("no sample in work takes a method that has a control");
}

/// Posts to the page of an analysis; the fields name the act.
async fn step(trial: &Trial, by: &Browser<'_>, analysis: i64, fields: &[(&str, &str)]) {
    let version = line(trial, analysis).await.analysis.version.to_string();
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("version", version.as_str())]).collect();
    let answer = by.post(&format!("/bench/analyses/{analysis}"), &fields).await;
    assert_eq!(answer.status(), Status::SeeOther, "{fields:?}");
}

/// Asks on the review page for a signature under one analysis.
async fn sign(trial: &Trial, by: &Browser<'_>, analysis: i64, act: &str, password: &str) -> (Status, String) {
    let line = line(trial, analysis).await;
    let seen = format!("{analysis}.{}", line.analysis.version);
    let address = format!("/review/samples/{}", line.sample_code);
    let answer = by.post(&address, &[("act", act), ("seen", &seen), ("password", password)]).await;
    (answer.status(), answer.into_string().await.unwrap_or_default())
}

/// Types a control result far beyond its limits; its id.
async fn out_of_control(by: &Browser<'_>, material: i64) -> String {
    let answer = by.post(&format!("/qc/materials/{material}"), &[("value", "9999")]).await;
    assert_eq!(answer.status(), Status::SeeOther);
    answer.headers().get_one("Location").unwrap().to_owned()
}

#[rocket::async_test]
async fn a_rejected_control_holds_review_and_approval_until_someone_resolves_it_with_a_reason() {
    let trial = laboratory().await;
    let (technician, second) = (trial.known("technician").await, trial.known("technician2").await);
    let (reviewer, approver) = (trial.known("reviewer").await, trial.known("approver").await);
    let (analysis, material) = ordered_with_a_control(&trial).await;
    step(&trial, &technician, analysis, &[("act", "enter"), ("value", "0.01")]).await;
    step(&trial, &second, analysis, &[("act", "confirm"), ("password", "technician2-demo")]).await;
    step(&trial, &technician, analysis, &[("act", "submit"), ("password", "technician-demo")]).await;
    let batch = format!("/qc/batches/{}", line(&trial, analysis).await.analysis.batch.unwrap());
    let page = technician.get(&format!("/bench/analyses/{analysis}")).await.into_string().await.unwrap();
    assert!(page.contains(&format!(r#"href="{batch}""#)), "an analysis leads to its batch: {page}");

    for (who, password, act, then) in [
        (&reviewer, "reviewer-demo", "review", State::Reviewed),
        (&approver, "approver-demo", "approve", State::Approved),
    ] {
        let control = out_of_control(&technician, material).await;
        let (status, page) = sign(&trial, who, analysis, act, password).await;
        assert_eq!(status, Status::UnprocessableEntity);
        assert!(page.contains("本批质控失控尚未处理"), "{page}");
        let page = reviewer.get(&batch).await.into_string().await.unwrap();
        assert!(page.contains("暂缓") && page.contains(&format!(r#"action="{control}""#)), "{page}");
        let refused = technician.post(&batch, &[]).await;
        assert_eq!(refused.status(), Status::Conflict, "a held batch is not closed");

        let version = ("version", "1");
        let signed = ("password", "reviewer-demo");
        let without = reviewer.post(&control, &[version, signed, ("reason", " "), ("back", &batch)]).await;
        assert_eq!(without.status(), Status::UnprocessableEntity);
        let kept = without.into_string().await.unwrap();
        assert!(kept.contains(&format!(r#"name="back" value="{batch}""#)), "{kept}");
        let alone =
            technician.post(&control, &[version, ("reason", "重配复测"), ("password", "technician-demo")]).await;
        assert_eq!(alone.status(), Status::Forbidden, "who measures does not free");
        let fields = [version, signed, ("reason", "标准溶液放置过久，重配复测在控"), ("back", batch.as_str())];
        let resolved = reviewer.post(&control, &fields).await;
        assert_eq!(resolved.headers().get_one("Location"), Some(batch.as_str()));
        let (status, page) = sign(&trial, who, analysis, act, password).await;
        assert_eq!(status, Status::SeeOther, "{page}");
        assert_eq!(line(&trial, analysis).await.analysis.status.state(), then);
    }

    let closed = technician.post(&batch, &[]).await;
    assert_eq!(closed.headers().get_one("Location"), Some(batch.as_str()));
    let page = technician.get("/qc/batches?state=closed").await.into_string().await.unwrap();
    assert!(page.contains(&format!(r#"href="{batch}""#)), "{page}");
    assert_eq!(technician.post(&batch, &[]).await.status(), Status::Conflict, "and not closed twice");
}

#[rocket::async_test]
async fn the_inbox_keeps_its_filters_from_page_to_page_and_the_lines_lead_into_it() {
    let trial = laboratory().await;
    let technician = trial.known("technician").await;
    let page = technician.get("/bench/inbox?reason=unknown-sample&line=NC-1").await.into_string().await.unwrap();
    assert!(page.contains(r#"<option value="NC-1" selected>"#), "{page}");
    assert!(page.contains(r#"href="/bench/inbox?line=NC-1""#), "another reason keeps the line: {page}");
    assert!(page.contains(r#"name="reason" value="unknown-sample""#), "another line keeps the reason: {page}");
    let other = technician.get("/bench/inbox?line=GC-1").await.into_string().await.unwrap();
    assert!(other.contains("按这些条件没有待处理的读数"), "{other}");
    assert_eq!(technician.get("/bench/inbox?line=NO-SUCH").await.status(), Status::NotFound);
    let lines = technician.get("/bench/lines").await.into_string().await.unwrap();
    assert!(lines.contains("今日待处理"), "{lines}");
}

#[rocket::async_test]
async fn the_sequence_table_of_a_batch_is_looked_at_downloaded_and_its_choices_remembered() {
    let trial = laboratory().await;
    let technician = trial.known("technician").await;
    let methods: Vec<Method> = trial.store.list().await.unwrap();
    let gc = methods.iter().find(|one| one.code == "NY/T 761-2008").unwrap().id;
    let by = Who::Person(trial.store.find_by_username("technician").await.unwrap().unwrap().actor);
    let in_work = Filter { states: vec![State::Measured, State::Submitted], ..Filter::default() };
    let mut ordered = None;
    for one in trial.store.work(in_work, 1).await.unwrap().0 {
        let ids = trial.store.order(by.clone(), trial.now(), one.analysis.sample, vec![gc]).await;
        ordered = ordered.or(ids.ok().and_then(|ids| ids.first().copied()));
    }
    let line = line(&trial, ordered.expect("a sample takes the method of the GC")).await;
    let batch = line.analysis.batch.unwrap();
    let address = format!("/qc/batches/{batch}/sequence");
    let shown = technician.get(&format!("/qc/batches/{batch}")).await.into_string().await.unwrap();
    assert!(shown.contains(&format!("href=\"{address}\"")), "{shown}");

    let page = technician.get(&address).await.into_string().await.unwrap();
    assert!(page.contains(&line.blind_code) && page.contains("QC-GC-01") && page.contains("BLANK"), "{page}");
    assert!(page.contains(r#"<option value="labsolutions" selected>"#), "as the set-up says: {page}");
    assert!(!page.contains(&line.sample_code), "the bench sees blind codes only: {page}");

    let asked = "go=1&system=chemstation&method=OP.M&volume=1.0&first=11&levels=2&every=5&times=1";
    let page = technician.get(&format!("{address}?{asked}")).await.into_string().await.unwrap();
    assert!(page.contains("STD-2") && page.contains("OP.M") && !page.contains("BLANK"), "{page}");
    let file = technician.get(&format!("{address}/table?{asked}")).await;
    let kept = file.cookies().get("sequence").map(|cookie| cookie.value().to_owned()).unwrap();
    assert!(kept.starts_with("chemstation|OP.M|1.0|11|2|5|1|"), "{kept}");
    let name = file.headers().get_one("Content-Disposition").unwrap().to_owned();
    assert!(name.ends_with("-chemstation.csv\""), "{name}");
    let bytes = file.into_bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xFF\xFEL\0o\0c\0"), "ChemStation reads UTF-16");

    for wrong in ["volume=1,0", "first=x", "system=none"] {
        let (name, _) = wrong.split_once('=').unwrap();
        let others: Vec<&str> = asked.split('&').filter(|part| !part.starts_with(name)).collect();
        let page = technician.get(&format!("{address}?{}&{wrong}", others.join("&"))).await;
        let page = page.into_string().await.unwrap();
        assert!(page.contains(&format!("href=\"#f-{name}\"")) && !page.contains("sequence/table"), "{wrong}: {page}");
        let file = technician.get(&format!("{address}/table?{}&{wrong}", others.join("&"))).await;
        assert_eq!(file.status(), Status::Conflict, "{wrong}");
    }
    assert_eq!(technician.get("/qc/batches/999999/sequence").await.status(), Status::NotFound);
}
