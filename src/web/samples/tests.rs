//! Samples through the whole of Rocket: what a keeper and a technician can do on a page, and what a page refuses.

use rocket::http::Status;

use crate::lab::people::{Role, Who};
use crate::store::catalogue::{Analyte, Commodity, Method, MethodAnalyte, Place};
use crate::store::containers;
use crate::web::trial::{Browser, Trial};

/// A station with a fridge, a commodity and a method.
async fn furnish(trial: &Trial) {
    let (by, at, text) = (|| Who::Program, trial.now(), str::to_owned);
    let fridge = Place { code: text("S1"), name: text("1 号冰箱"), kind: text("storage"), ..Place::default() };
    trial.store.add(by(), at, fridge).await.unwrap();
    let shelf = Place { code: text("S2"), name: text("2 号冰箱"), kind: text("storage"), ..Place::default() };
    trial.store.add(by(), at, shelf).await.unwrap();
    let milk = Commodity { code: text("MILK"), name: text("生乳"), ..Commodity::default() };
    trial.store.add(by(), at, milk).await.unwrap();
    let toxin =
        Analyte {
            code: text("AFM1"), name: text("黄曲霉毒素M1"), kind: text("contaminant"), ..Analyte::default()
        };
    let analyte_id = trial.store.add(by(), at, toxin).await.unwrap();
    let method = Method {
        code: text("GB 5009.24-2016"),
        name: text("酶联免疫法"),
        kind: text("confirmatory"),
        effective_from: text("2017-06-23"),
        ..Method::default()
    };
    let method_id = trial.store.add(by(), at, method).await.unwrap();
    let item = MethodAnalyte { method_id, analyte_id, unit: text("μg/kg"), decimals: 3, ..MethodAnalyte::default() };
    trial.store.add(by(), at, item).await.unwrap();
}

const FORM: [(&str, &str); 14] = [
    ("class", "supervision"),
    ("stage", "collection"),
    ("commodity", "1"),
    ("commodity_written", "牦牛生乳"),
    ("quantity", "2.0"),
    ("quantity_unit", "L"),
    ("town", "措麦乡"),
    ("sampled_at", "2026-11-24T10:30"),
    ("sampler_1", "扎西"),
    ("sampler_2", "刘海燕"),
    ("seal", "F1"),
    ("retained_quantity", "1.0"),
    ("retained_seal", "F2"),
    ("note", "雨后采集"),
];

/// Registers a sample through the page; answers the address it leads to.
async fn register(keeper: &Browser<'_>) -> String {
    let answer = keeper.post("/bench/samples/new", &FORM).await;
    assert_eq!(answer.status(), Status::SeeOther);
    answer.headers().get_one("Location").unwrap().to_owned()
}

const RECEIVE: [(&str, &str); 7] = [
    ("from", "扎西"),
    ("to", "旺姆"),
    ("seal", "intact"),
    ("condition", "good"),
    ("temperature", "4.2"),
    ("place", "1"),
    ("version", "1"),
];

#[rocket::async_test]
async fn a_form_with_errors_keeps_everything_that_was_typed() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    for (field, wrong) in [("quantity", "zwei"), ("commodity", "99"), ("sampled_at", "2027-01-01T10:00"), ("class", "")]
    {
        let fields = FORM.map(|(name, value)| if name == field { (name, wrong) } else { (name, value) });
        let answer = keeper.post("/bench/samples/new", &fields).await;
        assert_eq!(answer.status(), Status::UnprocessableEntity, "{field}");
        let html = answer.into_string().await.unwrap();
        assert!(html.contains(&format!(r##"href="#f-{field}""##)), "the error names {field}: {html}");
        for kept in ["牦牛生乳", "措麦乡", "刘海燕", "雨后采集", r#"value="F2""#] {
            assert!(html.contains(kept), "{field} wrong, {kept} lost");
        }
    }
    assert_eq!(trial.store.samples(Default::default(), 1).await.unwrap().1, 0, "nothing was stored");
}

#[rocket::async_test]
async fn every_container_gets_a_label_for_the_screen_and_for_the_printer() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    let sample = register(&keeper).await;
    let page = keeper.get(&format!("{sample}/label")).await.into_string().await.unwrap();
    assert_eq!(page.matches("<svg").count() % 2, 0, "a bar code and a QR code for each container");
    assert!(!page.contains("措麦乡"), "a label must not say where a sample is from");
    let zpl = keeper.get(&format!("{sample}/label.zpl")).await;
    assert_eq!(zpl.status(), Status::Ok);
    let text = zpl.into_string().await.unwrap();
    let code = sample.rsplit('/').next().unwrap();
    assert_eq!(text.matches("^XA").count(), 2, "the sample and its retained portion: {text}");
    assert!(text.contains(&format!("{code}-M1")) && text.contains(&format!("{code}-R1")), "{text}");
}

#[rocket::async_test]
async fn a_movement_that_does_not_start_where_the_last_one_ended_stores_nothing() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    let sample = register(&keeper).await;
    assert_eq!(keeper.post(&format!("{sample}/receive"), &RECEIVE).await.status(), Status::SeeOther);
    let code = format!("{}-M1", sample.rsplit('/').next().unwrap());
    let container = format!("/bench/containers/{code}");
    let moved = |person: &'static str, place: &'static str, to_place: &'static str| {
        [
            ("kind", "move"),
            ("from", person),
            ("from_place", place),
            ("to", "旺姆"),
            ("to_place", to_place),
            ("seal", "intact"),
            ("condition", "good"),
        ]
    };
    let length = || {
        let code = code.clone();
        trial.store.reading(move |conn| {
            let id = containers::called(conn, &code)?.unwrap().id;
            Ok::<_, crate::store::StoreError>(containers::chain(conn, id)?.len())
        })
    };
    let before = length().await.unwrap();
    for (person, place, to_place) in [("扎西", "1", "2"), ("旺姆", "2", "1"), ("旺姆", "1", "77")] {
        let answer = keeper.post(&container, &moved(person, place, to_place)).await;
        assert_eq!(answer.status(), Status::UnprocessableEntity, "{person} {place} {to_place}");
        assert_eq!(length().await.unwrap(), before);
    }
    assert_eq!(keeper.post(&container, &moved("旺姆", "1", "2")).await.status(), Status::SeeOther);
    assert_eq!(length().await.unwrap(), before + 1);
}

#[rocket::async_test]
async fn a_refused_sample_says_why_and_nothing_can_be_ordered_on_it() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    let sample = register(&keeper).await;
    let refusal = RECEIVE.map(|(name, value)| if name == "seal" { (name, "broken") } else { (name, value) });
    let silent: Vec<_> = refusal.into_iter().chain([("act", "refuse")]).collect();
    let answer = keeper.post(&format!("{sample}/receive"), &silent).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity, "a refusal without a reason");
    let spoken: Vec<_> = silent.into_iter().chain([("reason", "封签破损")]).collect();
    assert_eq!(keeper.post(&format!("{sample}/receive"), &spoken).await.status(), Status::SeeOther);
    let technician = trial.signed_in(Role::Technician).await;
    let page = technician.get(&sample).await.into_string().await.unwrap();
    assert!(page.contains("已拒收") && page.contains("封签破损"), "{page}");
    let answer = technician.post(&format!("{sample}/order"), &[("method", "1")]).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity);
    assert!(answer.into_string().await.unwrap().contains("不能下达检验"));
}

#[rocket::async_test]
async fn an_order_is_taken_back_with_one_press_until_something_is_measured() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    let sample = register(&keeper).await;
    assert_eq!(keeper.post(&format!("{sample}/receive"), &RECEIVE).await.status(), Status::SeeOther);
    let technician = trial.signed_in(Role::Technician).await;
    let order = format!("{sample}/order");
    let undo = format!("{order}/undo/{}", trial.now().as_millisecond());
    assert_eq!(technician.post(&order, &[("method", "1")]).await.status(), Status::SeeOther);
    assert_eq!(technician.post(&undo, &[]).await.status(), Status::SeeOther);
    let page = technician.get(&sample).await.into_string().await.unwrap();
    assert!(page.contains("下达后立即撤销"), "the record says what happened: {page}");
    trial.wait(60);
    let again = format!("{order}/undo/{}", trial.now().as_millisecond());
    assert_eq!(technician.post(&order, &[("method", "1")]).await.status(), Status::SeeOther, "ordered again");
    let entered = [("act", "enter"), ("value", "0.058"), ("version", "1")];
    assert_eq!(technician.post("/bench/analyses/2", &entered).await.status(), Status::SeeOther);
    assert_eq!(technician.post(&again, &[]).await.status(), Status::SeeOther);
    let page = technician.get("/bench/analyses/2").await.into_string().await.unwrap();
    assert!(page.contains("0.058"), "what has a value is not taken back: {page}");
}

#[rocket::async_test]
async fn a_sample_is_found_by_any_part_of_its_names_in_any_case() {
    let trial = Trial::start().await;
    furnish(&trial).await;
    let keeper = trial.signed_in(Role::SampleKeeper).await;
    let sample = register(&keeper).await;
    let code = sample.rsplit('/').next().unwrap();
    let lower = format!("q={}", code.to_ascii_lowercase());
    for (query, there) in [
        (&*lower, true),
        ("q=%E7%89%A6%E7%89%9B", true),
        ("q=%25", false),
        ("q=_", false),
        ("from=2026-11-24&to=2026-11-24", true),
        ("to=2026-11-23", false),
        ("town=%E6%8E%AA%E9%BA%A6%E4%B9%A1", true),
        ("place=1", false),
        ("state=registered&class=supervision", true),
    ] {
        let html = keeper.get(&format!("/bench/samples?{query}")).await.into_string().await.unwrap();
        assert_eq!(html.contains(&format!("href=\"{sample}\"")), there, "{query}");
    }
}
