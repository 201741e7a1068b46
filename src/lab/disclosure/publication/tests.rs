use jiff::Timestamp;
use rust_decimal::Decimal;

use super::*;
use crate::lab::digest::sha256;
use crate::lab::disclosure::document::{Document, Numbering, Replaces, document, withdrawal};
use crate::lab::regulation::rounding::Comparison;
use crate::lab::regulation::verdict::Reason;

fn words(text: &str) -> Words {
    Words { zh: text.to_owned(), en: String::new() }
}

fn tested(verdict: Verdict, state: status::State) -> Tested {
    Tested {
        analyte: words("毒死蜱"),
        kind: AnalyteKind::Pesticide,
        method: "NY/T 761-2008".to_owned(),
        state,
        held: false,
        value: "0.0731".to_owned(),
        unit: "mg/kg".to_owned(),
        judgement: Judgement {
            verdict,
            reason: Reason::AboveLimit,
            comparison: Comparison::FullValue,
            compared: Some(Decimal::new(731, 4)),
            ways_disagree: false,
            limit: None,
            ban: None,
            threshold: None,
        },
    }
}

fn facts(results: Vec<Tested>) -> Facts {
    Facts {
        class: Class::Supervision,
        state: State::Completed,
        sampled_on: "2026-11-20".parse().unwrap(),
        commodity: words("菠菜"),
        place: Some((PlaceKind::RetailMarket, "德吉农贸市场".to_owned())),
        town: "城关镇".to_owned(),
        producer: Some((ProducerKind::NaturalPerson, "王建国".to_owned())),
        laboratory: words("县检测站"),
        results,
    }
}

fn approved(verdict: Verdict) -> Facts {
    facts(vec![tested(verdict, status::State::Approved)])
}

fn request() -> Request {
    Request { notice: "2026-47".to_owned(), objection_over: true, ..Request::default() }
}

fn drawn(facts: &Facts) -> Document {
    let at: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
    let n = Numbering { id: "p".to_owned(), version: 1, kind: Kind::Original, at, replaces: None };
    document(facts, &request(), n).unwrap()
}

#[test]
fn nothing_is_published_before_every_result_is_approved() {
    for state in status::State::ALL {
        let all = facts(vec![tested(Verdict::Compliant, status::State::Approved), tested(Verdict::Compliant, *state)]);
        let free = matches!(state, status::State::Approved | status::State::Cancelled);
        assert_eq!(all.blocked().is_empty(), free, "{state}: {:?}", all.blocked());
    }
    assert_eq!(facts(vec![tested(Verdict::Compliant, status::State::Cancelled)]).blocked(), [Blocked::NothingApproved]);
}

#[test]
fn nothing_held_is_published() {
    let mut held = approved(Verdict::Compliant);
    held.results[0].held = true;
    assert_eq!(held.blocked(), [Blocked::Held]);
}

#[test]
fn only_supervision_and_routine_monitoring_are_public() {
    for class in Class::ALL {
        let blocked = Facts { class: *class, ..approved(Verdict::Compliant) }.blocked();
        let public = matches!(class, Class::Supervision | Class::Routine);
        assert_eq!(blocked.is_empty(), public, "{class}: {blocked:?}");
    }
}

#[test]
fn a_sample_is_published_only_when_it_is_completed() {
    for state in State::ALL {
        let blocked = Facts { state: *state, ..approved(Verdict::Compliant) }.blocked();
        let may = matches!(state, State::Completed | State::Published);
        assert_eq!(!blocked.contains(&Blocked::NotCompleted), may, "{state}");
    }
}

#[test]
fn a_rapid_test_names_no_producer_and_a_positive_accuses_nobody() {
    assert_eq!(approved(Verdict::ScreeningNegative).blocked(), [Blocked::ScreeningOfNamed]);
    let nameless = Facts { producer: None, ..approved(Verdict::ScreeningNegative) };
    assert_eq!(nameless.blocked(), []);
    let positive = Facts { producer: None, ..approved(Verdict::ScreeningPositive) };
    assert_eq!(positive.blocked(), [Blocked::PositiveUnconfirmed]);
    let both = facts(vec![
        tested(Verdict::Compliant, status::State::Approved),
        tested(Verdict::ScreeningNegative, status::State::Approved),
    ]);
    assert_eq!(drawn(&both).items.len(), 1);
}

#[test]
fn what_is_not_decided_is_not_published() {
    for verdict in [Verdict::Undecided, Verdict::CannotDecide, Verdict::NotJudged, Verdict::ReferenceNonCompliant] {
        assert_eq!(approved(verdict).blocked(), [Blocked::NotDecided], "{verdict}");
    }
}

#[test]
fn veterinary_drugs_need_the_authoritys_document_and_a_failure_the_end_of_objections() {
    let mut drug = approved(Verdict::NonCompliant);
    drug.results[0].kind = AnalyteKind::VeterinaryDrug;
    let early = Request { objection_over: false, ..request() };
    assert_eq!(drug.lacking(&early), [Blocked::AuthorityMissing, Blocked::ObjectionOpen]);
    assert_eq!(drug.lacking(&Request { authority: "农质发〔2026〕3号".to_owned(), ..request() }), []);
}

#[test]
fn numbers_of_people_are_refused_in_what_the_public_reads() {
    let talkative = Request { remark: "请联系 13912345678".to_owned(), ..request() };
    assert_eq!(approved(Verdict::Compliant).lacking(&talkative), [Blocked::PersonalNumber]);
    assert_eq!(next(Some((Kind::Original, 1)), Step::Correct, "致电 13912345678"), Err(Refusal::PersonalNumber));
}

#[test]
fn a_document_masks_a_person_and_keeps_numbers_of_what_complies_to_itself() {
    let written = drawn(&approved(Verdict::Compliant)).written().unwrap();
    assert!(written.contains("王某某") && !written.contains("建国"), "{written}");
    assert!(!written.contains("0.0731"), "{written}");
    let failed = drawn(&approved(Verdict::NonCompliant)).written().unwrap();
    assert!(failed.contains("0.0731") && failed.contains("pesticide-above"), "{failed}");
}

#[test]
fn a_document_reads_back_as_it_was_written_and_its_hash_follows_every_change() {
    let document = drawn(&approved(Verdict::NonCompliant));
    let written = document.written().unwrap();
    let read: Document = serde_json::from_str(&written).unwrap();
    assert_eq!(read, document);
    let changed = Document { town: "江村乡".to_owned(), ..document };
    assert_ne!(sha256(&written), sha256(changed.written().unwrap()));
}

#[test]
fn a_publication_is_corrected_any_number_of_times_and_withdrawn_once() {
    assert_eq!(next(None, Step::Publish, ""), Ok((Kind::Original, 1)));
    assert_eq!(next(Some((Kind::Original, 1)), Step::Correct, "笔误"), Ok((Kind::Correction, 2)));
    assert_eq!(next(Some((Kind::Correction, 2)), Step::Withdraw, "复检"), Ok((Kind::Withdrawal, 3)));
    assert_eq!(next(Some((Kind::Original, 1)), Step::Publish, ""), Err(Refusal::Already));
    assert_eq!(next(Some((Kind::Original, 1)), Step::Correct, " "), Err(Refusal::NoReason));
    assert_eq!(next(None, Step::Withdraw, "复检"), Err(Refusal::NotYet));
    for step in Step::ALL {
        assert_eq!(next(Some((Kind::Withdrawal, 3)), *step, "再来"), Err(Refusal::Withdrawn), "{step}");
    }
}

#[test]
fn a_withdrawal_keeps_the_name_and_the_reason_and_no_result() {
    let last = drawn(&approved(Verdict::NonCompliant));
    let stub = withdrawal(&last, 2, last.published_at, "复检合格");
    let written = stub.written().unwrap();
    for gone in ["毒死蜱", "德吉农贸市场", "王某某", "non-compliant"] {
        assert!(!written.contains(gone), "{gone}: {written}");
    }
    assert_eq!(stub.replaces, Some(Replaces { version: 1, reason: "复检合格".to_owned() }));
    assert_eq!((stub.id, stub.version), ("p".to_owned(), 2));
}

#[test]
fn a_public_id_is_ten_letters_from_all_its_bits() {
    let ids = [[0; 8], [255; 8], [0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0]].map(public_id);
    for id in &ids {
        assert_eq!(id.len(), 10, "{id}");
    }
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[0] != ids[3]);
}
